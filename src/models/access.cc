#include "models/access.h"

#include <fmt/format.h>

namespace bedplate::models {
namespace {

constexpr std::string_view kNoAccess =
    "You don't have access to the model with the specified model ID.";

}  // namespace

Error NothingBound(const ModelFacts& facts) {
  std::string message;
  if (facts.body_format == BodyFormat::kNone) {
    message = fmt::format("{} {} is a kind of model that this server can't answer for yet.",
                          kNoAccess, facts.id);
  } else {
    message = fmt::format(
        "{} Nothing answers for {} on this server; bind it with `bedplate models bind {} "
        "--gguf FILE`, or with --url URL or --model ID in place of --gguf.",
        kNoAccess, facts.id, facts.id);
  }
  return {.fault = Fault::kAccessDenied, .message = std::move(message)};
}

Error Denied(const ModelFacts& facts) {
  return {.fault = Fault::kAccessDenied,
          .message = fmt::format("{} The operator of this server denies {} to everyone, with the "
                                 "setting access.deny.",
                                 kNoAccess, facts.id)};
}

Error NotOnDemand(const Model& model) {
  return {
      .fault = Fault::kValidation,
      .message = fmt::format(
          "Invocation of model ID {0} with on-demand throughput isn\u2019t supported. Retry your "
          "request with the ID or ARN of an inference profile that contains this model. (Here "
          "'{1}' is bound; what is bound to {0} itself answers for that ID too.)",
          model.facts.id, model.bound_by)};
}

bool WantsAgreement(const Model& model) {
  return model.published && model.published->provider->agreement;
}

Error NoAgreement(const ModelFacts& facts) {
  return {.fault = Fault::kAccessDenied,
          .message = fmt::format("{} There is no agreement for {}; make one with an offer of "
                                 "ListFoundationModelAgreementOffers and "
                                 "CreateFoundationModelAgreement.",
                                 kNoAccess, facts.id)};
}

}  // namespace bedplate::models
