#include <fmt/format.h>

#include <string>
#include <utility>

#include "bedrock/ops/CreateFoundationModelAgreement.h"
#include "bedrock/ops/DeleteFoundationModelAgreement.h"
#include "bedrock/ops/ListFoundationModelAgreementOffers.h"
#include "models/access.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {
namespace {

constexpr double kMillionths = 1e6;

gen::DimensionalPriceRate ToRate(const char* dimension, int64_t millionths_of_a_dollar,
                                 std::string_view as_of) {
  gen::DimensionalPriceRate rate;
  rate.dimension = std::string(dimension);
  rate.price = fmt::format("{}", static_cast<double>(millionths_of_a_dollar) / kMillionths);
  rate.unit = std::string("1M tokens");
  rate.description = fmt::format(
      "US dollars: the on-demand price that Amazon Bedrock published in {}. This server bills "
      "nothing.",
      as_of);
  return rate;
}

// The one offer that there is for a model whose provider wants an agreement.
gen::Offer ToOffer(const models::Model& model, const models::Scope& scope) {
  const models::Publication& published = *model.published;
  gen::Offer offer;
  offer.offerId = std::string("public");
  offer.offerToken = models::OfferToken(scope, model.facts.id);
  gen::TermDetails& terms = offer.termDetails.emplace();
  auto& rates = terms.usageBasedPricingTerm.emplace().rateCard.emplace();
  if (published.price) {
    const std::string& as_of = published.provider->price_as_of;
    rates.push_back(ToRate("InputTokenCount", published.price->input, as_of));
    if (published.price->output) {
      rates.push_back(ToRate("OutputTokenCount", *published.price->output, as_of));
    }
  }
  terms.legalTerm.emplace().url = published.provider->licence_url;
  terms.supportTerm.emplace();
  return offer;
}

}  // namespace

// All offers are public ones, so that offerType changes nothing.
net::Task<Result<gen::ListFoundationModelAgreementOffersResponse>>
Bedrock::ListFoundationModelAgreementOffers(const wire::Call& call,
                                            gen::ListFoundationModelAgreementOffersRequest input) {
  auto model = Find(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  gen::ListFoundationModelAgreementOffersResponse response;
  response.modelId = (*model)->facts.id;
  auto& offers = response.offers.emplace();
  if (models::WantsAgreement(**model)) offers.push_back(ToOffer(**model, ScopeOf(call)));
  co_return response;
}

net::Task<Result<gen::CreateFoundationModelAgreementResponse>>
Bedrock::CreateFoundationModelAgreement(const wire::Call& call,
                                        gen::CreateFoundationModelAgreementRequest input) {
  auto model = Find(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  auto made =
      co_await pool_.Run([&] { return access_.Agree(ScopeOf(call), **model, *input.offerToken); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreateFoundationModelAgreementResponse response;
  response.modelId = (*model)->facts.id;
  co_return response;
}

net::Task<Result<gen::DeleteFoundationModelAgreementResponse>>
Bedrock::DeleteFoundationModelAgreement(const wire::Call& call,
                                        gen::DeleteFoundationModelAgreementRequest input) {
  auto model = Find(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  auto gone =
      co_await pool_.Run([&] { return access_.Withdraw(ScopeOf(call), (*model)->facts.id); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeleteFoundationModelAgreementResponse{};
}

}  // namespace bedplate::services::bedrock
