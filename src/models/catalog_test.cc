#include "models/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/facts_json.h"
#include "models/formats/native_format.h"
#include "models/model_id.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

std::vector<Model> BuiltIn() {
  auto models = ParseCatalog(BuiltInCatalogJson(), "/weights");
  EXPECT_TRUE(models) << models.error().message;
  return models ? std::move(*models) : std::vector<Model>();
}

const Model& Named(const std::vector<Model>& models, std::string_view id) {
  const auto found = std::ranges::find(models, id, [](const Model& m) { return m.facts.id; });
  EXPECT_NE(found, models.end()) << id;
  return *found;
}

TEST(BuiltInCatalog, HasTheModelsThatComeWithBedplateFirst) {
  const auto models = BuiltIn();
  ASSERT_GT(models.size(), 2u);
  const ModelFacts& chat = models[0].facts;
  EXPECT_EQ(chat.id, "huggingfacetb.smollm2-135m-instruct-v1:0");
  EXPECT_TRUE(chat.streaming);
  EXPECT_EQ(std::get<LocalWeights>(models[0].binding).file,
            "/weights/SmolLM2-135M-Instruct.Q4_1.gguf");
  const ModelFacts& embeddings = models[1].facts;
  EXPECT_TRUE(embeddings.MakesEmbeddings());
  EXPECT_EQ(embeddings.embedding_dimensions, 384);
  for (const Model& model : models) {
    EXPECT_EQ(model.IsBound(), &model < &models[2]) << model.facts.id;
    EXPECT_TRUE(model.published->provider);
  }
}

TEST(BuiltInCatalog, HasEveryProviderOfTheHostedService) {
  std::map<std::string, int> count;
  for (const Model& model : BuiltIn()) ++count[model.facts.provider];
  for (const char* provider :
       {"AI21 Labs", "Amazon", "Anthropic", "Cohere", "DeepSeek", "Meta", "Mistral AI", "OpenAI",
        "Qwen", "Stability AI", "TwelveLabs", "Writer"}) {
    EXPECT_GT(count[provider], 1) << provider;
  }
}

// What every entry must be for the operations that list, filter and name models.
TEST(BuiltInCatalog, IsWhole) {
  const auto models = BuiltIn();
  std::set<std::string> ids;
  for (const Model& model : models) {
    const ModelFacts& facts = model.facts;
    SCOPED_TRACE(facts.id);
    EXPECT_TRUE(ids.insert(facts.id).second) << "twice";
    EXPECT_TRUE(CheckNewModelId(facts.id));
    EXPECT_FALSE(facts.name.empty());
    EXPECT_FALSE(facts.input_modalities.empty());
    EXPECT_FALSE(facts.output_modalities.empty());
    EXPECT_FALSE(facts.family.empty());
    EXPECT_FALSE(model.published->licence.empty());
    EXPECT_EQ(facts.lifecycle == Lifecycle::kLegacy, facts.legacy_s > 0);
    EXPECT_EQ(facts.legacy_s > 0, facts.end_of_life_s > facts.legacy_s);
    const bool makes_text = std::ranges::count(facts.output_modalities, Modality::kText) > 0;
    const bool embeds = std::ranges::count(facts.output_modalities, Modality::kEmbedding) > 0;
    if (facts.body_format == BodyFormat::kOpenAiChat) EXPECT_TRUE(makes_text);
    if (facts.body_format == BodyFormat::kTitanEmbeddings) EXPECT_TRUE(embeds);
    for (const std::string& geography : model.published->geographies) {
      EXPECT_EQ(WithoutGeography(geography + "." + facts.id), facts.id);
    }
    if (model.published->price) {
      EXPECT_FALSE(model.published->provider->price_as_of.empty());
      EXPECT_EQ(model.published->price->output.has_value(), facts.use() == Use::kText);
    }
  }
}

// OpenAI's body is some families' own; no other family takes it for want of one.
TEST(BuiltInCatalog, HasAFormatForEachFamilyOfTexts) {
  for (const Model& model : BuiltIn()) {
    if (model.facts.body_format != BodyFormat::kOpenAiChat) continue;
    const NativeFormat* format = FindFormat(model.facts.family);
    ASSERT_NE(format, nullptr) << model.facts.id << ": " << model.facts.family;
    EXPECT_NE(format->read_chat, nullptr) << model.facts.id;
  }
}

TEST(BuiltInCatalog, KeepsWhatIsPublished) {
  const auto models = BuiltIn();
  const Model& haiku = Named(models, "anthropic.claude-3-haiku-20240307-v1:0");
  EXPECT_EQ(haiku.facts.name, "Claude 3 Haiku");
  EXPECT_EQ(haiku.facts.context_tokens, 200'000);
  EXPECT_EQ(haiku.facts.lifecycle, Lifecycle::kLegacy);
  EXPECT_EQ(haiku.facts.legacy_s, 1'773'100'800);       // 2026-03-10
  EXPECT_EQ(haiku.facts.end_of_life_s, 1'788'998'400);  // 2026-09-10
  EXPECT_EQ(haiku.published->price->input, 250'000);
  EXPECT_EQ(haiku.published->price->output, 1'250'000);
  EXPECT_TRUE(haiku.published->provider->agreement);
  EXPECT_TRUE(haiku.published->provider->use_case);
  const Model& titan = Named(models, "amazon.titan-embed-text-v2:0");
  EXPECT_EQ(titan.published->price->input, 20'000);
  EXPECT_FALSE(titan.published->provider->agreement);
  const Model& llama = Named(models, "meta.llama3-1-8b-instruct-v1:0:128k");
  EXPECT_EQ(llama.published->licence, "Llama 3.1 Community License");
  EXPECT_EQ(llama.facts.inference_types, std::vector{InferenceType::kProvisioned});
}

TEST(ParseCatalog, SaysWhatIsWrong) {
  auto wrong = [](std::string_view json) {
    auto models = ParseCatalog(json, "/");
    return models ? std::string("nothing") : models.error().message;
  };
  auto wrong_model = [&](const std::string& model) {
    return wrong(R"({"providers":[{"provider":"P","source":"s","as_of":"2026-01-01","defaults":{
                     "name":"n","lifecycle":"ACTIVE","body_format":"openai-chat"},"models":[)" +
                 model + "]}]}");
  };
  EXPECT_THAT(wrong("{"), HasSubstr("catalog is wrong"));
  EXPECT_THAT(wrong("{}"), HasSubstr("no list of providers"));
  EXPECT_THAT(wrong(R"({"providers":[{}]})"), HasSubstr("has no name"));
  EXPECT_THAT(wrong(R"({"providers":[{"provider":"P"}]})"), HasSubstr("where its facts are from"));
  EXPECT_THAT(wrong(R"({"providers":[{"provider":"P","source":"s","as_of":"x"}]})"),
              HasSubstr("P has no list called models"));
  EXPECT_THAT(wrong_model("{}"), HasSubstr("id is missing"));
  EXPECT_THAT(wrong_model("7"), HasSubstr("not an object"));
  EXPECT_THAT(wrong_model(R"({"id":"a.b","body_format":"smoke-signals"})"),
              HasSubstr("body_format can't be \"smoke-signals\""));
  EXPECT_THAT(wrong_model(R"({"id":"a.b","context_tokens":-1})"),
              HasSubstr("context_tokens can't be -1"));
  for (const char* date : {"2026-13-01", "2026-02-30", "26-02-01", "2026/02/01", "2026-2-001"}) {
    EXPECT_THAT(wrong_model(R"({"id":"a.b","legacy_date":")" + std::string(date) + "\"}"),
                HasSubstr("legacy_date can't be"))
        << date;
  }
  EXPECT_THAT(wrong_model(R"({"id":"a.b","price":[-1]})"), HasSubstr("price can't be [-1]"));
  EXPECT_THAT(wrong_model(R"({"id":"a.b","price":[1,2,3]})"), HasSubstr("price can't be [1,2,3]"));
  EXPECT_THAT(wrong_model(R"({"id":"a.b","geographies":[1]})"), HasSubstr("geography can't be 1"));
  EXPECT_THAT(wrong_model(R"({"id":"a.b","weights":1})"), HasSubstr("weights can't be 1"));
}

TEST(ParseCatalog, TakesFromTheDefaultsWhatAModelDoesNotSay) {
  auto models = ParseCatalog(R"({"providers":[{"provider":"P","source":"s","as_of":"2026-01-01",
      "licence":"L","defaults":{"name":"n","lifecycle":"ACTIVE","body_format":"openai-chat",
      "context_tokens":7,"geographies":["us"]},"models":[{"id":"a.bc"},
      {"id":"a.bd","context_tokens":8,"geographies":[],"licence":"M"}]}]})",
                             "/");
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_EQ((*models)[0].facts.context_tokens, 7);
  EXPECT_EQ((*models)[1].facts.context_tokens, 8);
  EXPECT_EQ((*models)[0].published->geographies.size(), 1u);
  EXPECT_TRUE((*models)[1].published->geographies.empty());
  EXPECT_EQ((*models)[0].published->licence, "L");
  EXPECT_EQ((*models)[1].published->licence, "M");
}

TEST(ModelFacts, SurviveBeingWrittenAndRead) {
  auto models = ParseCatalog(BuiltInCatalogJson(), "/weights");
  ModelFacts facts = (*models)[1].facts;
  facts.customizations = {Customization::kFineTuning, Customization::kDistillation};
  facts.inference_types = {InferenceType::kOnDemand, InferenceType::kProvisioned};
  facts.lifecycle = Lifecycle::kLegacy;
  facts.start_of_life_s = 1'700'000'000;
  facts.legacy_s = 1'773'100'800;
  auto again = ReadModelFacts(*json::Value::Parse(WriteModelFacts(facts)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(WriteModelFacts(*again), WriteModelFacts(facts));
  EXPECT_EQ(again->customizations, facts.customizations);
  EXPECT_EQ(again->lifecycle, Lifecycle::kLegacy);
  EXPECT_EQ(again->legacy_s, 1'773'100'800);
  EXPECT_EQ(again->family, "amazon-titan-embeddings-v2");
}

}  // namespace
}  // namespace bedplate::models
