#include "models/bindings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using ModelPtr = std::shared_ptr<const Model>;
using testing::HasSubstr;

LocalWeights File(std::string path) { return {.file = std::move(path)}; }

class BindingsTest : public testing::Test {
 protected:
  BindingsTest() {
    Publish("anthropic.claude-3-haiku");
    Publish("anthropic.claude-3-sonnet");
    Publish("meta.llama3-8b");
    Publish("amazon.nova-pro-v1:0");
    Publish("amazon.titan-embed", BodyFormat::kTitanEmbeddings);
    Publish("amazon.canvas", BodyFormat::kNone);
    Publish("own.chat", BodyFormat::kOpenAiChat, File("/own"));
    Publish("own.embed", BodyFormat::kTitanEmbeddings, File("/embed"));
    Publish("mine.added", BodyFormat::kOpenAiChat, File("/added"), true);
    Publish("cohere.rerank", BodyFormat::kRerank);
  }

  void Publish(std::string id, BodyFormat format = BodyFormat::kOpenAiChat, Binding binding = {},
               bool user_added = false) {
    Model model;
    model.facts = {.id = std::move(id), .context_tokens = 1000, .body_format = format};
    if (model.facts.MakesEmbeddings()) model.facts.embedding_dimensions = 384;
    if (std::holds_alternative<LocalWeights>(binding)) model.facts.context_tokens = 77;
    model.binding = std::move(binding);
    model.user_added = user_added;
    models_.push_back(std::make_shared<const Model>(std::move(model)));
  }

  ModelPtr Bound(const std::string& id, const std::vector<BindingRule>& first,
                 const std::vector<BindingRule>& second = {}) const {
    for (const ModelPtr& model : BindModels(models_, first, second)) {
      if (model->facts.id == id) return model;
    }
    ADD_FAILURE() << id;
    return nullptr;
  }

  // The file that answers, or empty.
  std::string Answers(const std::string& id, const std::vector<BindingRule>& first,
                      const std::vector<BindingRule>& second = {}) const {
    const ModelPtr model = Bound(id, first, second);
    const auto* weights = std::get_if<LocalWeights>(&model->binding);
    return weights == nullptr ? "" : weights->file;
  }

  std::string Refusal(const BindingRule& rule) const {
    auto ok = CheckRule(rule, models_);
    if (!ok) EXPECT_EQ(ok.error().fault, Fault::kValidation);
    return ok ? "" : ok.error().message;
  }

  std::vector<ModelPtr> models_;
};

TEST(MatchesPattern, TakesAStarForAnyRun) {
  for (const char* pattern : {"a.b-c:0", "*", "a.*", "*:0", "a.b*0", "a*b*c*", "**", "a.b-c:0*"}) {
    EXPECT_TRUE(MatchesPattern(pattern, "a.b-c:0")) << pattern;
  }
  for (const char* pattern :
       {"", "a.b-c", "a.b-c:0-", "b*", "*:1", "a*d*", "a.b-c:0*0", "?.b-c:0"}) {
    EXPECT_FALSE(MatchesPattern(pattern, "a.b-c:0")) << pattern;
  }
  EXPECT_TRUE(MatchesPattern("*aab", "aaaab"));  // the first end of the run is not the right one
}

TEST_F(BindingsTest, TheMostSpecificRuleWins) {
  const std::vector<BindingRule> rules = {
      {.pattern = "*", .target = File("/any")},
      {.pattern = "anthropic.*", .target = File("/anthropic")},
      {.pattern = "anthropic.*haiku", .target = File("/haikus")},
      {.pattern = "anthropic.claude-3-sonnet", .target = File("/sonnet")}};
  EXPECT_EQ(Answers("anthropic.claude-3-haiku", rules), "/haikus");
  EXPECT_EQ(Answers("anthropic.claude-3-sonnet", rules), "/sonnet");
  EXPECT_EQ(Answers("meta.llama3-8b", rules), "/any");
  std::vector<BindingRule> backwards(rules.rbegin(), rules.rend());
  for (const ModelPtr& model : models_) {
    EXPECT_EQ(Answers(model->facts.id, rules), Answers(model->facts.id, backwards));
  }
}

TEST_F(BindingsTest, EquallySpecificRulesGoByTheAlphabet) {
  const std::vector<BindingRule> rules = {{.pattern = "*llama3-8b", .target = File("/b")},
                                          {.pattern = "*l*lama3-8b", .target = File("/a")}};
  EXPECT_EQ(Answers("meta.llama3-8b", rules), "/a");
}

TEST_F(BindingsTest, TheFirstRulesWinWithTheSamePatternOnly) {
  const std::vector<BindingRule> first = {{.pattern = "anthropic.*", .target = File("/first")}};
  const std::vector<BindingRule> second = {
      {.pattern = "anthropic.*", .target = File("/second")},
      {.pattern = "anthropic.claude-3-haiku", .target = File("/exact")}};
  EXPECT_EQ(Answers("anthropic.claude-3-sonnet", first, second), "/first");
  EXPECT_EQ(Answers("anthropic.claude-3-haiku", first, second), "/exact");
}

TEST_F(BindingsTest, ARuleBindsModelsOfItsKindOnly) {
  EXPECT_EQ(Answers("amazon.titan-embed", {{.pattern = "amazon.*", .target = File("/chat")}}), "");
  EXPECT_EQ(Answers("amazon.canvas", {{.pattern = "amazon.*", .target = File("/chat")}}), "");
  const BindingRule embeddings{
      .pattern = "amazon.*", .target = File("/embeddings"), .use = Use::kEmbeddings};
  EXPECT_EQ(Answers("amazon.titan-embed", {embeddings}), "/embeddings");
  EXPECT_EQ(Answers("amazon.nova-pro-v1:0", {embeddings}), "");
  EXPECT_EQ(Answers("cohere.rerank", {{.pattern = "cohere.*", .target = File("/chat")}}), "");
  EXPECT_EQ(Answers("cohere.rerank",
                    {{.pattern = "cohere.*", .target = File("/r"), .use = Use::kRanking}}),
            "/r");
  // Of one model the catalog says its kind.
  EXPECT_EQ(
      Answers("amazon.titan-embed", {{.pattern = "amazon.titan-embed", .target = File("/t")}}),
      "/t");
  EXPECT_EQ(Answers("amazon.titan-embed",
                    {{.pattern = "amazon.*", .target = OtherModel{.id = "own.chat"}}}),
            "");
}

TEST_F(BindingsTest, ModelsWithWeightsOfTheirOwnKeepThemUnlessNamed) {
  EXPECT_EQ(Answers("own.chat", {{.pattern = "own.*", .target = File("/x")}}), "/own");
  EXPECT_EQ(Answers("own.chat", {{.pattern = "own.chat", .target = File("/x")}}), "/x");
  EXPECT_EQ(Answers("mine.added", {{.pattern = "mine.added", .target = File("/x")}}), "/added");
  EXPECT_EQ(Bound("own.chat", {{.pattern = "own.*", .target = File("/x")}}), models_[6]);
}

TEST_F(BindingsTest, ABoundModelKeepsWhatIsPublishedButNotTheContext) {
  const ModelPtr model =
      Bound("anthropic.claude-3-haiku", {{.pattern = "anthropic.*", .target = File("/x")}});
  EXPECT_EQ(model->facts.id, "anthropic.claude-3-haiku");
  EXPECT_EQ(model->facts.context_tokens, 0);
  EXPECT_EQ(model->bound_by, "anthropic.*");
  EXPECT_EQ(models_[0]->facts.context_tokens, 1000);
}

TEST_F(BindingsTest, AServerIsAskedForTheIdUnlessItHasAnotherName) {
  auto name = [&](std::string upstream_model) {
    const ModelPtr model =
        Bound("meta.llama3-8b",
              {{.pattern = "meta.*",
                .target = RemoteUpstream{.url = "http://x/v1", .model_name = upstream_model}}});
    return std::get<RemoteUpstream>(model->binding).model_name;
  };
  EXPECT_EQ(name(""), "meta.llama3-8b");
  EXPECT_EQ(name("big"), "big");
}

TEST_F(BindingsTest, AmazonBedrockAnswersForEveryKindUnderTheNameThatIsAsked) {
  const BedrockUpstream bedrock{.url = "https://x", .region = "eu-west-1"};
  const std::vector<BindingRule> rules = {
      {.pattern = "amazon.*", .target = bedrock},
      {.pattern = "meta.*", .target = OtherModel{.id = "amazon.nova-pro-v1:0"}}};
  for (const char* id : {"amazon.nova-pro-v1:0", "amazon.titan-embed", "amazon.canvas"}) {
    EXPECT_EQ(Bound(id, rules)->binding, Binding(bedrock)) << id;
  }
  // Who stands for another is asked for under its name.
  EXPECT_EQ(Bound("meta.llama3-8b", rules)->AtBedrock()->model_name, "amazon.nova-pro-v1:0");
  EXPECT_EQ(Refusal({.pattern = "amazon.canvas", .target = bedrock}), "");
}

TEST_F(BindingsTest, AServerOfAnthropicsProtocolMakesTextAlone) {
  const RemoteUpstream anthropic{.protocol = UpstreamProtocol::kAnthropic, .url = "http://x"};
  EXPECT_EQ(Refusal({.pattern = "anthropic.*", .target = anthropic}), "");
  EXPECT_THAT(Refusal({.pattern = "amazon.*", .target = anthropic, .use = Use::kEmbeddings}),
              HasSubstr("makes text alone"));
  EXPECT_THAT(Refusal({.pattern = "amazon.titan-embed", .target = anthropic}),
              HasSubstr("makes text alone"));
}

TEST_F(BindingsTest, AModelMayStandForAnotherThroughOthers) {
  const std::vector<BindingRule> rules = {
      {.pattern = "anthropic.*", .target = OtherModel{.id = "meta.llama3-8b"}},
      {.pattern = "meta.*", .target = OtherModel{.id = "own.chat"}},
      {.pattern = "amazon.titan-embed", .target = OtherModel{.id = "own.embed"}}};
  const ModelPtr haiku = Bound("anthropic.claude-3-haiku", rules);
  EXPECT_EQ(haiku->binding, Binding(File("/own")));
  EXPECT_EQ(haiku->facts.context_tokens, 77);
  EXPECT_EQ(haiku->stands_for, "meta.llama3-8b");
  EXPECT_EQ(Bound("amazon.titan-embed", rules)->facts.embedding_dimensions, 384);
}

TEST_F(BindingsTest, RulesThatLeadNowhereLeaveTheirModelsUnbound) {
  const std::vector<BindingRule> circle = {
      {.pattern = "meta.llama3-8b", .target = OtherModel{.id = "amazon.nova-pro-v1:0"}},
      {.pattern = "amazon.nova-pro-v1:0", .target = OtherModel{.id = "meta.llama3-8b"}},
      {.pattern = "*", .target = File("/any")}};
  // Not the less specific rule in their place: nobody asked for that.
  EXPECT_FALSE(Bound("meta.llama3-8b", circle)->IsBound());
  EXPECT_FALSE(Bound("amazon.nova-pro-v1:0", circle)->IsBound());
  EXPECT_EQ(Answers("anthropic.claude-3-haiku", circle), "/any");
  EXPECT_FALSE(
      Bound("meta.llama3-8b", {{.pattern = "meta.*", .target = OtherModel{.id = "not.there"}}})
          ->IsBound());
}

TEST_F(BindingsTest, AnIdBoundToAModelOfAnotherKindIsUnbound) {
  EXPECT_FALSE(Bound("meta.llama3-8b",
                     {{.pattern = "meta.llama3-8b", .target = OtherModel{.id = "own.embed"}},
                      {.pattern = "*", .target = File("/any")}})
                   ->IsBound());
}

TEST_F(BindingsTest, SaysWhatCanNeverBind) {
  EXPECT_EQ(Refusal({.pattern = "anthropic.*", .target = File("/x")}), "");
  EXPECT_EQ(Refusal({.pattern = "own.chat", .target = OtherModel{.id = "mine.added"}}), "");
  EXPECT_THAT(Refusal({.pattern = "", .target = File("/x")}), HasSubstr("'' is neither"));
  EXPECT_THAT(Refusal({.pattern = "Anthropic.*", .target = File("/x")}),
              HasSubstr("'Anthropic.*' is neither"));
  EXPECT_THAT(Refusal({.pattern = std::string(141, 'a'), .target = File("/x")}),
              HasSubstr("is neither"));
  EXPECT_THAT(Refusal({.pattern = "not.there", .target = File("/x")}),
              HasSubstr("no model 'not.there' in the catalog"));
  EXPECT_THAT(Refusal({.pattern = "mine.added", .target = File("/x")}),
              HasSubstr("`bedplate models add`"));
  EXPECT_THAT(Refusal({.pattern = "mine.*", .target = File("/x")}), HasSubstr("matches 'mine.*'"));
  EXPECT_THAT(Refusal({.pattern = "amazon.canvas", .target = File("/x")}),
              HasSubstr("can't answer for yet"));
  EXPECT_THAT(Refusal({.pattern = "meta.llama3-8b", .target = File("/x"), .use = Use::kEmbeddings}),
              HasSubstr("makes text, not embeddings"));
  EXPECT_THAT(
      Refusal({.pattern = "amazon.titan-embed", .target = File("/x"), .use = Use::kRanking}),
      HasSubstr("makes embeddings, not rankings"));
  EXPECT_THAT(Refusal({.pattern = "meta.*", .target = OtherModel{.id = "not.there"}}),
              HasSubstr("no model 'not.there'"));
  EXPECT_THAT(Refusal({.pattern = "own.chat", .target = OtherModel{.id = "own.chat"}}),
              HasSubstr("bound to itself"));
  EXPECT_THAT(Refusal({.pattern = "meta.llama3-8b", .target = OtherModel{.id = "own.embed"}}),
              HasSubstr("meta.llama3-8b makes text, but own.embed makes embeddings"));
}

}  // namespace
}  // namespace bedplate::models
