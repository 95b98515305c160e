#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bedrock/ops/GetFoundationModel.h"
#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "services/bedrock/testing/service_stand.h"

namespace bedplate::services::bedrock {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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

}  // namespace
}  // namespace bedplate::services::bedrock
