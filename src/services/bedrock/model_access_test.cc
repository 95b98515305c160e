// Use cases, offers and agreements, through the handlers and the real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "bedrock/ops/CreateFoundationModelAgreement.h"
#include "bedrock/ops/DeleteFoundationModelAgreement.h"
#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "bedrock/ops/GetUseCaseForModelAccess.h"
#include "bedrock/ops/ListFoundationModelAgreementOffers.h"
#include "bedrock/ops/PutUseCaseForModelAccess.h"
#include "services/bedrock/testing/service_stand.h"

namespace bedplate::services::bedrock {
namespace {

constexpr const char* kForm =
    R"({"companyName":"A","companyWebsite":"a.example","intendedUsers":"0","industryOption":"B",)"
    R"("otherIndustryOption":"","useCases":"Größe"})";

class AccessTest : public BedrockTest {
 protected:
  Result<std::string> OfferToken(const std::string& id) {
    gen::ListFoundationModelAgreementOffersRequest request;
    request.modelId = id;
    auto response =
        reactors_.Run(0, service_.ListFoundationModelAgreementOffers(call_, std::move(request)));
    if (!response) return std::unexpected(response.error());
    if (response->offers->empty()) return std::string();
    return *response->offers->at(0).offerToken;
  }
  std::optional<Error> PutForm(std::string form) {
    gen::PutUseCaseForModelAccessRequest request;
    request.formData = wire::Blob{.bytes = std::move(form)};
    auto put = reactors_.Run(0, service_.PutUseCaseForModelAccess(call_, std::move(request)));
    return put ? std::nullopt : std::optional(put.error());
  }
  std::optional<Error> Agree(const std::string& id, const std::string& token) {
    gen::CreateFoundationModelAgreementRequest request;
    request.modelId = id;
    request.offerToken = token;
    auto made =
        reactors_.Run(0, service_.CreateFoundationModelAgreement(call_, std::move(request)));
    return made ? std::nullopt : std::optional(made.error());
  }
  std::optional<Error> Withdraw(const std::string& id) {
    gen::DeleteFoundationModelAgreementRequest request;
    request.modelId = id;
    auto gone =
        reactors_.Run(0, service_.DeleteFoundationModelAgreement(call_, std::move(request)));
    return gone ? std::nullopt : std::optional(gone.error());
  }
  // Agreement, then entitlement.
  std::pair<bool, bool> Available(const std::string& id) {
    gen::GetFoundationModelAvailabilityRequest request;
    request.modelId = id;
    auto response =
        reactors_.Run(0, service_.GetFoundationModelAvailability(call_, std::move(request)));
    return {*response->agreementAvailability->status == gen::AgreementStatus::kAvailable,
            *response->entitlementAvailability == gen::EntitlementAvailability::kAvailable};
  }
  bool MayUse(const std::string& id) { return directory_.Resolve(id, scope_).has_value(); }
};

TEST_F(AccessTest, AnAgreementOpensAModelAndItsEndClosesIt) {
  EXPECT_EQ(Available(kOpus), std::pair(false, false));
  EXPECT_FALSE(MayUse(kOpus));
  const std::string token = *OfferToken(kOpus);
  auto refused = Agree(kOpus, token);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->fault, Fault::kNotFound);
  EXPECT_THAT(refused->message, testing::HasSubstr("use case details have not been submitted"));
  EXPECT_FALSE(PutForm(kForm));
  EXPECT_FALSE(Agree(kOpus, token));
  EXPECT_EQ(Available(kOpus), std::pair(true, true));
  EXPECT_TRUE(MayUse(std::string("us.") + kOpus));
  EXPECT_EQ(Agree(kOpus, token)->fault, Fault::kConflict);

  EXPECT_FALSE(Withdraw(kOpus));
  EXPECT_EQ(Available(kOpus), std::pair(false, false));
  EXPECT_FALSE(MayUse(kOpus));
  EXPECT_EQ(Withdraw(kOpus)->fault, Fault::kNotFound);
}

TEST_F(AccessTest, AnAgreementIsDurableAndNotABinding) {
  const std::string writer = "writer.palmyra-x5-v1:0";
  ASSERT_FALSE(Agree(writer, *OfferToken(writer)));
  EXPECT_EQ(Available(writer), std::pair(true, false));
  models::ModelDirectory later(*models::ParseCatalog(models::BuiltInCatalogJson(), weights_),
                               &repository_);
  ASSERT_TRUE(later.Reload());
  EXPECT_TRUE(later.HasAgreement(writer, {.account = "111122223333", .region = "eu-west-1"}));
  EXPECT_FALSE(later.HasAgreement(writer, {.account = "111122223333", .region = "us-east-1"}));
}

TEST_F(AccessTest, OffersAreForOneModelOnly) {
  EXPECT_EQ(*OfferToken(kChat), "");
  EXPECT_EQ(*OfferToken("amazon.nova-pro-v1:0"), "");
  const std::string other = *OfferToken("cohere.embed-v4:0");
  EXPECT_NE(other, "");
  EXPECT_NE(other, *OfferToken(kOpus));
  for (const char* id : {kOpus, "amazon.nova-pro-v1:0"}) {
    auto refused = Agree(id, other);
    ASSERT_TRUE(refused) << id;
    EXPECT_EQ(refused->fault, Fault::kValidation);
    EXPECT_THAT(refused->message, testing::HasSubstr("offerToken '" + other + "'"));
  }
  EXPECT_EQ(OfferToken("x.yz").error().fault, Fault::kNotFound);
  EXPECT_EQ(Agree("x.yz", other)->fault, Fault::kNotFound);
}

TEST_F(AccessTest, AnOfferTellsThePublishedPrice) {
  gen::ListFoundationModelAgreementOffersRequest request;
  request.modelId = std::string(kHaiku);
  auto response = reactors_.Run(0, service_.ListFoundationModelAgreementOffers(call_, request));
  const auto& rates = *response->offers->at(0).termDetails->usageBasedPricingTerm->rateCard;
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(*rates[0].price, "0.25");
  EXPECT_EQ(*rates[1].price, "1.25");
  EXPECT_EQ(*rates[1].unit, "1M tokens");
  EXPECT_THAT(*rates[0].description, testing::HasSubstr("published in 2025-11"));
}

TEST_F(AccessTest, KeepsTheUseCaseAsItWasSent) {
  gen::GetUseCaseForModelAccessRequest request;
  EXPECT_EQ(reactors_.Run(0, service_.GetUseCaseForModelAccess(call_, request)).error().fault,
            Fault::kNotFound);
  ASSERT_FALSE(PutForm(kForm));
  auto form = reactors_.Run(0, service_.GetUseCaseForModelAccess(call_, request));
  EXPECT_EQ(form->formData->bytes, kForm);
}

TEST_F(AccessTest, AFormMustSayWhatTheProviderAsksFor) {
  auto refusal = [&](std::string form) {
    auto error = PutForm(std::move(form));
    if (error) EXPECT_EQ(error->fault, Fault::kValidation);
    return error ? error->message : "";
  };
  auto with = [](std::string_view from, std::string_view to) {
    std::string form = kForm;
    const size_t at = form.find(from);
    return at == std::string::npos ? "" : form.replace(at, from.size(), to);
  };
  EXPECT_THAT(refusal("not JSON at all"), testing::HasSubstr("formData can't be used"));
  EXPECT_THAT(refusal("[1,2,3,4,5,6]"), testing::HasSubstr("no JSON object"));
  EXPECT_THAT(refusal(with("companyName", "company")),
              testing::HasSubstr("companyName is missing"));
  EXPECT_THAT(refusal(with("\"B\"", "7")), testing::HasSubstr("industryOption is no string: 7"));
  EXPECT_THAT(refusal(with("\"0\"", "\"3\"")), testing::HasSubstr("intendedUsers is '3'"));
  EXPECT_THAT(refusal(with("\"A\"", "\"" + std::string(129, 'x') + "\"")),
              testing::HasSubstr("companyName has 129 characters"));
  EXPECT_THAT(refusal(with("\"A\"", "\"\"")),
              testing::HasSubstr("companyName has 0 characters, and must have 1 to 128"));
  EXPECT_THAT(
      refusal(with("\"\"", "\"" + std::string(129, 'x') + "\"")),
      testing::HasSubstr("otherIndustryOption has 129 characters, and must have at most 128"));
}

TEST_F(AccessTest, CharactersAreCountedNotBytes) {
  const auto with_name = [](size_t characters) {
    std::string name;
    for (size_t i = 0; i < characters; ++i) name += "株";
    std::string form = kForm;
    return form.replace(form.find("\"A\""), 3, "\"" + name + "\"");
  };
  for (const size_t characters : {60u, 128u}) {
    const auto error = PutForm(with_name(characters));
    EXPECT_FALSE(error) << error->message;
  }
  const auto error = PutForm(with_name(129));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->fault, Fault::kValidation);
  EXPECT_THAT(error->message, testing::HasSubstr("companyName has 129 characters"));
}

}  // namespace
}  // namespace bedplate::services::bedrock
