#include "models/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/facts_json.h"
#include "models/model_id.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

TEST(BuiltInCatalog, HasTheModelsThatComeWithBedplate) {
  auto models = ParseCatalog(BuiltInCatalogJson(), "/weights");
  ASSERT_TRUE(models) << models.error().message;
  ASSERT_EQ(models->size(), 2u);
  const ModelFacts& chat = (*models)[0].facts;
  EXPECT_EQ(chat.id, "huggingfacetb.smollm2-135m-instruct-v1:0");
  EXPECT_TRUE(chat.streaming);
  EXPECT_EQ(std::get<LocalWeights>((*models)[0].binding).file,
            "/weights/SmolLM2-135M-Instruct.Q4_1.gguf");
  const ModelFacts& embeddings = (*models)[1].facts;
  EXPECT_TRUE(embeddings.MakesEmbeddings());
  EXPECT_EQ(embeddings.embedding_dimensions, 384);
  for (const Model& model : *models) {
    EXPECT_TRUE(CheckNewModelId(model.facts.id));
    // spec: bedrock#BrandedName
    EXPECT_LE(model.facts.name.size(), 20u);
    EXPECT_LE(model.facts.provider.size(), 20u);
  }
}

TEST(ParseCatalog, SaysWhatIsWrong) {
  auto wrong = [](std::string_view json) { return ParseCatalog(json, "/").error().message; };
  EXPECT_THAT(wrong("{"), HasSubstr("catalog is wrong"));
  EXPECT_THAT(wrong("{}"), HasSubstr("no list called models"));
  EXPECT_THAT(wrong(R"({"models":[{}]})"), HasSubstr("id is missing"));
  EXPECT_THAT(wrong(R"({"models":[{"id":"a.b","name":"n","provider":"p","lifecycle":"ACTIVE",
                        "body_format":"smoke-signals"}]})"),
              HasSubstr("body_format can't be \"smoke-signals\""));
  EXPECT_THAT(wrong(R"({"models":[{"id":"a.b","name":"n","provider":"p","lifecycle":"ACTIVE",
                        "body_format":"openai-chat","context_tokens":-1}]})"),
              HasSubstr("context_tokens can't be -1"));
}

TEST(ModelFacts, SurviveBeingWrittenAndRead) {
  auto models = ParseCatalog(BuiltInCatalogJson(), "/weights");
  ModelFacts facts = (*models)[1].facts;
  facts.customizations = {Customization::kFineTuning, Customization::kDistillation};
  facts.inference_types = {InferenceType::kOnDemand, InferenceType::kProvisioned};
  facts.lifecycle = Lifecycle::kLegacy;
  facts.start_of_life_s = 1'700'000'000;
  auto again = ReadModelFacts(*json::Value::Parse(WriteModelFacts(facts)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(WriteModelFacts(*again), WriteModelFacts(facts));
  EXPECT_EQ(again->customizations, facts.customizations);
  EXPECT_EQ(again->lifecycle, Lifecycle::kLegacy);
}

}  // namespace
}  // namespace bedplate::models
