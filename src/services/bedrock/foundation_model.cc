#include "services/bedrock/foundation_model.h"

#include <vector>

#include "models/facts_json.h"
#include "models/model_id.h"

namespace bedplate::services::bedrock {
namespace {

// The domain's enumerators and the wire's are spelled alike.
template <class E, class Value>
std::vector<wire::OpenEnum<E>> ToList(const std::vector<Value>& values) {
  std::vector<wire::OpenEnum<E>> list;
  list.reserve(values.size());
  for (Value value : values) list.push_back(wire::OpenEnum<E>::FromText(models::Text(value)));
  return list;
}

template <class Target>
Target Convert(const models::ModelFacts& facts, std::string_view region) {
  Target target;
  target.modelArn = models::FoundationModelArn(region, facts.id);
  target.modelId = facts.id;
  target.modelName = facts.name;
  target.providerName = facts.provider;
  target.inputModalities = ToList<gen::ModelModality>(facts.input_modalities);
  target.outputModalities = ToList<gen::ModelModality>(facts.output_modalities);
  target.responseStreamingSupported = facts.streaming;
  target.customizationsSupported = ToList<gen::ModelCustomization>(facts.customizations);
  target.inferenceTypesSupported = ToList<gen::InferenceType>(facts.inference_types);
  gen::FoundationModelLifecycle& lifecycle = target.modelLifecycle.emplace();
  lifecycle.status =
      wire::OpenEnum<gen::FoundationModelLifecycleStatus>::FromText(models::Text(facts.lifecycle));
  auto tell = [](auto& member, int64_t seconds) {
    if (seconds > 0) member = wire::Timestamp{.seconds = seconds};
  };
  tell(lifecycle.startOfLifeTime, facts.start_of_life_s);
  tell(lifecycle.legacyTime, facts.legacy_s);
  tell(lifecycle.publicExtendedAccessTime, facts.extended_access_s);
  tell(lifecycle.endOfLifeTime, facts.end_of_life_s);
  return target;
}

}  // namespace

gen::FoundationModelSummary ToSummary(const models::ModelFacts& facts, std::string_view region) {
  return Convert<gen::FoundationModelSummary>(facts, region);
}

gen::FoundationModelDetails ToDetails(const models::ModelFacts& facts, std::string_view region) {
  return Convert<gen::FoundationModelDetails>(facts, region);
}

}  // namespace bedplate::services::bedrock
