#include "services/bedrock/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bedrock/ops/GetFoundationModel.h"
#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "bedrock/ops/ListFoundationModels.h"
#include "models/catalog.h"
#include "net/reactors.h"

namespace bedplate::services::bedrock {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kChat = "huggingfacetb.smollm2-135m-instruct-v1:0";
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
  models::ModelDirectory directory_{*models::ParseCatalog(models::BuiltInCatalogJson(), weights_),
                                    nullptr};
  net::BlockingPool pool_{1};
  net::Reactors reactors_{net::ReactorOptions{.threads = 1}};
  Bedrock service_{directory_, pool_};
  wire::Call call_{.request_id = "r",
                   .account = "111122223333",
                   .region = "eu-west-1",
                   .principal_arn = {},
                   .service = "bedrock",
                   .operation = {}};
};

TEST_F(BedrockTest, ListsByEachFilter) {
  using R = gen::ListFoundationModelsRequest;
  EXPECT_THAT(List([](R&) {}), ElementsAre(kChat, kEmbeddings));
  for (const char* provider : {"HuggingFaceTB", "huggingfacetb", "HUGGINGFACETB"}) {
    EXPECT_THAT(List([&](R& r) { r.byProvider = std::string(provider); }), ElementsAre(kChat));
  }
  EXPECT_THAT(List([](R& r) { r.byProvider = std::string("sentence-transformers"); }),
              ElementsAre(kEmbeddings));
  EXPECT_THAT(List([](R& r) { r.byProvider = std::string("Hugging"); }), IsEmpty());
  EXPECT_THAT(List([](R& r) { r.byOutputModality = gen::ModelModality::kText; }),
              ElementsAre(kChat));
  EXPECT_THAT(List([](R& r) { r.byOutputModality = gen::ModelModality::kEmbedding; }),
              ElementsAre(kEmbeddings));
  EXPECT_THAT(List([](R& r) { r.byOutputModality = gen::ModelModality::kImage; }), IsEmpty());
  EXPECT_THAT(List([](R& r) { r.byInferenceType = gen::InferenceType::kOnDemand; }),
              ElementsAre(kChat, kEmbeddings));
  EXPECT_THAT(List([](R& r) { r.byInferenceType = gen::InferenceType::kProvisioned; }), IsEmpty());
  EXPECT_THAT(List([](R& r) { r.byCustomizationType = gen::ModelCustomization::kFineTuning; }),
              IsEmpty());
  EXPECT_THAT(List([](R& r) {
                r.byOutputModality = gen::ModelModality::kText;
                r.byProvider = std::string("SentenceTransformers");
              }),
              IsEmpty());
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

}  // namespace
}  // namespace bedplate::services::bedrock
