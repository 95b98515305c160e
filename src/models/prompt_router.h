// A prompt router: a name for two models, of which each prompt is answered by one.
//
// Threads: plain values, pure functions.
// spec: bedrock#GetPromptRouterResponse
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/model_id.h"

namespace bedplate::models {

struct PromptRouter {
  std::string id{};  // 12 random characters
  std::string name{};
  std::string description{};          // may be empty
  std::vector<std::string> models{};  // ARNs: one beside the fallback, or both
  std::string fallback_model{};       // an ARN
  double quality_difference = 0;      // percent
  int64_t created_at_ms = 0;          // since the Unix epoch
};

std::string RouterArn(const Scope& scope, const PromptRouter& router);

// The ARN of the model beside the fallback.
const std::string& OtherThanFallback(const PromptRouter& router);

}  // namespace bedplate::models
