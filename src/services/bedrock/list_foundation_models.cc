#include <algorithm>
#include <string_view>
#include <utility>

#include "bedrock/ops/ListFoundationModels.h"
#include "models/facts_json.h"
#include "net/text.h"
#include "services/bedrock/foundation_model.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {
namespace {

template <class Value>
bool Has(const std::vector<Value>& values, std::string_view text) {
  return std::ranges::any_of(values, [&](Value value) { return models::Text(value) == text; });
}

// Providers are found in any case, as the name or as the ids spell them.
bool IsOf(const models::ModelFacts& facts, std::string_view provider) {
  return net::EqualsIgnoringCase(facts.provider, provider) ||
         net::EqualsIgnoringCase(std::string_view(facts.id).substr(0, facts.id.find('.')),
                                 provider);
}

bool Fits(const models::ModelFacts& facts, const gen::ListFoundationModelsRequest& filter) {
  if (filter.byProvider && !IsOf(facts, *filter.byProvider)) return false;
  if (filter.byCustomizationType &&
      !Has(facts.customizations, filter.byCustomizationType->text())) {
    return false;
  }
  if (filter.byOutputModality && !Has(facts.output_modalities, filter.byOutputModality->text())) {
    return false;
  }
  return !filter.byInferenceType || Has(facts.inference_types, filter.byInferenceType->text());
}

}  // namespace

net::Task<Result<gen::ListFoundationModelsResponse>> Bedrock::ListFoundationModels(
    const wire::Call& call, gen::ListFoundationModelsRequest input) {
  gen::ListFoundationModelsResponse response;
  auto& summaries = response.modelSummaries.emplace();
  for (const models::ModelPtr& model :
       directory_.List({.account = call.account, .region = call.region})) {
    if (Fits(model->facts, input)) summaries.push_back(ToSummary(model->facts, call.region));
  }
  co_return response;
}

}  // namespace bedplate::services::bedrock
