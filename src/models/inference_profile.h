// An inference profile: another name of a model. The system defines one for each geography of a
// model of the catalog; accounts define others, to tell their use of a model apart by tags.
//
// Threads: plain values, pure functions.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles.html
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/model.h"
#include "models/model_id.h"

namespace bedplate::models {

struct InferenceProfile {
  bool system_defined = false;
  std::string id{};  // "us.anthropic.claude-3-haiku-20240307-v1:0", or 12 random characters
  std::string name{};
  std::string description{};  // may be empty
  std::string model_id{};
  std::string source{};       // the ARN that it was made of; empty for those of the system
  int64_t created_at_ms = 0;  // since the Unix epoch; 0 for those of the system
};

std::string ProfileArn(const Scope& scope, const InferenceProfile& profile);

// Those that the catalog publishes for `model`, in its order.
std::vector<InferenceProfile> SystemProfiles(const Model& model);

}  // namespace bedplate::models
