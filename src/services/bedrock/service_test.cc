#include "services/bedrock/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"
#include "bedrock/ops/CreateFoundationModelAgreement.h"
#include "bedrock/ops/DeleteFoundationModelAgreement.h"
#include "bedrock/ops/GetFoundationModel.h"
#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "bedrock/ops/GetUseCaseForModelAccess.h"
#include "bedrock/ops/ListFoundationModelAgreementOffers.h"
#include "bedrock/ops/ListFoundationModels.h"
#include "bedrock/ops/PutUseCaseForModelAccess.h"
#include "models/catalog.h"
#include "models/state_repository.h"
#include "net/reactors.h"
#include "state/database.h"

namespace bedplate::services::bedrock {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kChat = "huggingfacetb.smollm2-135m-instruct-v1:0";
constexpr const char* kHaiku = "anthropic.claude-3-haiku-20240307-v1:0";
constexpr const char* kOpus = "anthropic.claude-opus-4-1-20250805-v1:0";
constexpr const char* kPicture = "amazon.nova-reel-v1:0";
constexpr const char* kEmbeddings = "sentence-transformers.all-minilm-l6-v2-v1:0";

class BedrockTest : public testing::Test {
 protected:
  template <class Change>
  std::vector<std::string> List(Change change) {
    gen::ListFoundationModelsRequest request;
    change(request);
    auto response = reactors_.Run(0, service_.ListFoundationModels(call_, std::move(request)));
    std::vector<std::string> ids;
    for (const auto& summary : *response->modelSummaries) ids.push_back(*summary.modelId);
    return ids;
  }

  std::string weights_ = testing::TempDir() + "/bedrock_test_" + std::to_string(getpid());
  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  models::StateRepository repository_{*database_};
  models::ModelDirectory directory_{
      *models::ParseCatalog(models::BuiltInCatalogJson(), weights_),
      &repository_,
      {.rules = {{.pattern = std::string(kOpus), .target = models::OtherModel{.id = kChat}}},
       .require_agreements = true}};
  models::ModelAccess access_{*database_, directory_};
  net::BlockingPool pool_{1};
  net::Reactors reactors_{net::ReactorOptions{.threads = 1}};
  Bedrock service_{directory_, access_, pool_};
  wire::Call call_{.request_id = "r",
                   .account = "111122223333",
                   .region = "eu-west-1",
                   .principal_arn = {},
                   .service = "bedrock",
                   .operation = {}};
};

TEST_F(BedrockTest, ListsByEachFilter) {
  using R = gen::ListFoundationModelsRequest;
  EXPECT_THAT(List([](R&) {}),
              AllOf(Contains(kChat), Contains(kEmbeddings), Contains(kHaiku), Contains(kPicture)));
  for (const char* provider : {"HuggingFaceTB", "huggingfacetb", "HUGGINGFACETB"}) {
    EXPECT_THAT(List([&](R& r) { r.byProvider = std::string(provider); }), ElementsAre(kChat));
  }
  for (const char* provider : {"mistral ai", "Mistral AI", "mistral"}) {
    EXPECT_THAT(List([&](R& r) { r.byProvider = std::string(provider); }),
                AllOf(Each(StartsWith("mistral.")), Not(IsEmpty())));
  }
  EXPECT_THAT(List([](R& r) { r.byProvider = std::string("sentence-transformers"); }),
              ElementsAre(kEmbeddings));
  EXPECT_THAT(List([](R& r) { r.byProvider = std::string("Hugging"); }), IsEmpty());
  EXPECT_THAT(List([](R& r) { r.byOutputModality = gen::ModelModality::kText; }),
              AllOf(Contains(kChat), Contains(kHaiku), Not(Contains(kEmbeddings)),
                    Not(Contains(kPicture))));
  EXPECT_THAT(List([](R& r) { r.byOutputModality = gen::ModelModality::kEmbedding; }),
              AllOf(Contains(kEmbeddings), Contains("cohere.embed-v4:0"), Not(Contains(kChat))));
  EXPECT_THAT(
      List([](R& r) { r.byOutputModality = gen::ModelModality::kImage; }),
      AllOf(Contains("amazon.nova-canvas-v1:0"), Not(Contains(kPicture)), Not(Contains(kHaiku))));
  EXPECT_THAT(
      List([](R& r) { r.byInferenceType = gen::InferenceType::kOnDemand; }),
      AllOf(Contains(kChat), Contains(kHaiku), Not(Contains(kHaiku + std::string(":48k")))));
  EXPECT_THAT(List([](R& r) { r.byInferenceType = gen::InferenceType::kProvisioned; }),
              AllOf(Contains(kHaiku + std::string(":48k")), Not(Contains(kHaiku))));
  EXPECT_THAT(List([](R& r) { r.byCustomizationType = gen::ModelCustomization::kFineTuning; }),
              AllOf(Contains("amazon.nova-pro-v1:0:300k"), Not(Contains("amazon.nova-pro-v1:0"))));
  EXPECT_THAT(
      List([](R& r) { r.byCustomizationType = gen::ModelCustomization::kContinuedPreTraining; }),
      IsEmpty());
  EXPECT_THAT(List([](R& r) {
                r.byOutputModality = gen::ModelModality::kText;
                r.byProvider = std::string("SentenceTransformers");
              }),
              IsEmpty());
}

TEST_F(BedrockTest, DescribesAModelThatNothingIsBoundTo) {
  gen::GetFoundationModelRequest request;
  request.modelIdentifier = std::string(kPicture);
  auto response = reactors_.Run(0, service_.GetFoundationModel(call_, std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  const gen::FoundationModelDetails& details = *response->modelDetails;
  EXPECT_EQ(*details.modelName, "Nova Reel");
  EXPECT_EQ(details.outputModalities->at(0).text(), "VIDEO");
  EXPECT_TRUE(*details.modelLifecycle->status == gen::FoundationModelLifecycleStatus::kLegacy);
  EXPECT_EQ(details.modelLifecycle->legacyTime->seconds, 1'774'828'800);     // 2026-03-30
  EXPECT_EQ(details.modelLifecycle->endOfLifeTime->seconds, 1'790'726'400);  // 2026-09-30
  EXPECT_FALSE(details.modelLifecycle->startOfLifeTime);
}

TEST_F(BedrockTest, AModelThatNothingIsBoundToIsNotAvailable) {
  gen::GetFoundationModelAvailabilityRequest request;
  request.modelId = std::string(kHaiku);
  auto response =
      reactors_.Run(0, service_.GetFoundationModelAvailability(call_, std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(*response->agreementAvailability->status == gen::AgreementStatus::kNotAvailable);
  EXPECT_TRUE(*response->authorizationStatus == gen::AuthorizationStatus::kAuthorized);
  EXPECT_TRUE(*response->entitlementAvailability == gen::EntitlementAvailability::kNotAvailable);
  EXPECT_TRUE(*response->regionAvailability == gen::RegionAvailability::kNotAvailable);
}

TEST_F(BedrockTest, DescribesAModelByAnyName) {
  for (const std::string& name :
       {std::string(kChat), "eu." + std::string(kChat),
        "arn:aws:bedrock:eu-west-1::foundation-model/" + std::string(kChat)}) {
    gen::GetFoundationModelRequest request;
    request.modelIdentifier = name;
    auto response = reactors_.Run(0, service_.GetFoundationModel(call_, std::move(request)));
    ASSERT_TRUE(response) << response.error().message;
    const gen::FoundationModelDetails& details = *response->modelDetails;
    EXPECT_EQ(*details.modelId, kChat);
    EXPECT_EQ(*details.modelArn,
              "arn:aws:bedrock:eu-west-1::foundation-model/" + std::string(kChat));
    EXPECT_EQ(*details.providerName, "HuggingFaceTB");
    EXPECT_TRUE(details.inputModalities->at(0) == gen::ModelModality::kText);
    EXPECT_TRUE(*details.responseStreamingSupported);
    EXPECT_TRUE(details.customizationsSupported->empty());
    EXPECT_TRUE(details.inferenceTypesSupported->at(0) == gen::InferenceType::kOnDemand);
    EXPECT_TRUE(*details.modelLifecycle->status == gen::FoundationModelLifecycleStatus::kActive);
  }
}

TEST_F(BedrockTest, SaysNotFoundInBedrocksWords) {
  gen::GetFoundationModelRequest request;
  request.modelIdentifier = std::string("x.y");
  auto response = reactors_.Run(0, service_.GetFoundationModel(call_, std::move(request)));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().fault, Fault::kNotFound);
  EXPECT_EQ(response.error().message,
            "Could not resolve the foundation model from the provided model identifier. There is "
            "no model 'x.y' in this account and region.");
  gen::GetFoundationModelAvailabilityRequest availability;
  availability.modelId = std::string("x.y");
  EXPECT_EQ(
      reactors_.Run(0, service_.GetFoundationModelAvailability(call_, availability)).error().fault,
      Fault::kNotFound);
}

TEST_F(BedrockTest, AModelIsAvailableWhenItsWeightsAreHere) {
  auto available = [this] {
    gen::GetFoundationModelAvailabilityRequest request;
    request.modelId = std::string(kChat);
    auto response =
        reactors_.Run(0, service_.GetFoundationModelAvailability(call_, std::move(request)));
    EXPECT_TRUE(*response->authorizationStatus == gen::AuthorizationStatus::kAuthorized);
    EXPECT_TRUE(*response->agreementAvailability->status == gen::AgreementStatus::kAvailable);
    EXPECT_EQ(*response->modelId, kChat);
    return *response->regionAvailability == gen::RegionAvailability::kAvailable;
  };
  EXPECT_FALSE(available());
  std::filesystem::create_directories(weights_);
  std::ofstream(weights_ + "/SmolLM2-135M-Instruct.Q4_1.gguf") << "GGUF";
  EXPECT_TRUE(available());
  std::filesystem::remove_all(weights_);
}

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
  bool MayUse(const std::string& id) {
    return directory_
        .Resolve(id, {.account = std::string(call_.account), .region = std::string(call_.region)})
        .has_value();
  }
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
  EXPECT_THAT(refusal(with("\"A\"", "\"\"")), testing::HasSubstr("companyName has 0 characters"));
}

}  // namespace
}  // namespace bedplate::services::bedrock
