#include "models/inference_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace bedplate::models {
namespace {

// As the service shows a geography in names: "US", "APAC", "Global".
std::string ShownGeography(std::string geography) {
  if (geography == "global") return "Global";
  std::ranges::transform(geography, geography.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return geography;
}

}  // namespace

std::string ProfileArn(const Scope& scope, const InferenceProfile& profile) {
  return fmt::format("arn:aws:bedrock:{}:{}:{}inference-profile/{}", scope.region, scope.account,
                     profile.system_defined ? "" : "application-", profile.id);
}

std::vector<InferenceProfile> SystemProfiles(const Model& model) {
  std::vector<InferenceProfile> profiles;
  if (!model.published) return profiles;
  const ModelFacts& facts = model.facts;
  for (const std::string& geography : model.published->geographies) {
    profiles.push_back(
        {.system_defined = true,
         .id = geography + "." + facts.id,
         .name = fmt::format("{} {} {}", ShownGeography(geography), facts.provider, facts.name),
         .description =
             fmt::format("Routes requests to {} {} on this server.", facts.provider, facts.name),
         .model_id = facts.id});
  }
  return profiles;
}

}  // namespace bedplate::models
