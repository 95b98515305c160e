// Added models through the real database.
#include "models/user_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "models/binding_target.h"
#include "models/state_repository.h"
#include "state/database.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

const Scope kScope{.account = "111122223333", .region = "us-east-1"};

class UserModelsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("user_models_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    auto database = state::Database::Open(folder_ / "state.db");
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
    repository_ = std::make_unique<StateRepository>(*database_);
    file_ = (folder_ / "tiny.gguf").string();
    std::ofstream(file_) << "GGUF and more";
  }
  void TearDown() override {
    repository_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Refusal(const NewModel& model) {
    auto added = AddUserModel(*repository_, kScope, model);
    return added ? "" : added.error().message;
  }

  std::filesystem::path folder_;
  std::string file_;
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<StateRepository> repository_;
};

TEST_F(UserModelsTest, KeepsADraftModelBesideAFile) {
  const std::string draft = (folder_ / "a draft.gguf").string();
  EXPECT_THAT(Refusal({.id = "a.one", .gguf_file = file_, .draft_file = draft}),
              HasSubstr("a draft.gguf"));
  std::ofstream(draft) << "GGUF too";
  EXPECT_EQ(Refusal({.id = "a.one", .gguf_file = file_, .draft_file = draft}), "");
  const auto listed = repository_->List();
  ASSERT_TRUE(listed && listed->size() == 1);
  EXPECT_EQ((*listed)[0].model.binding, Binding(LocalWeights{.file = file_, .draft = draft}));
  EXPECT_THAT(Refusal({.id = "a.two", .draft_file = draft, .url = "http://a/v1"}),
              HasSubstr("draft model"));
}

TEST_F(UserModelsTest, KeepsAFileUnderAnId) {
  auto before = repository_->Revision();
  auto added = AddUserModel(*repository_, kScope,
                            {.id = "mine.tiny-chat-v1:0", .gguf_file = file_, .name = "Tiny"});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_NE(*repository_->Revision(), *before);
  auto listed = repository_->List();
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), 1u);
  const Model& model = (*listed)[0].model;
  EXPECT_EQ((*listed)[0].scope, kScope);
  EXPECT_EQ(model.facts.id, "mine.tiny-chat-v1:0");
  EXPECT_EQ(model.facts.name, "Tiny");
  EXPECT_EQ(model.facts.provider, "mine");
  EXPECT_TRUE(model.facts.streaming);
  EXPECT_TRUE(model.user_added);
  EXPECT_EQ(model.binding, Binding(LocalWeights{.file = file_}));
}

TEST_F(UserModelsTest, KeepsAnAdapterAndItsScale) {
  const std::string adapter = (folder_ / "an adapter.gguf").string();
  std::ofstream(adapter) << "GGUF too";
  EXPECT_EQ(Refusal({.id = "a.one", .gguf_file = file_, .lora_file = adapter}), "");
  EXPECT_EQ(Refusal({.id = "a.two", .gguf_file = file_, .lora_file = adapter, .lora_scale = -0.1}),
            "");
  const auto listed = repository_->List();
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ((*listed)[0].model.binding, Binding(LocalWeights{.file = file_, .adapter = adapter}));
  EXPECT_EQ((*listed)[1].model.binding,
            Binding(LocalWeights{.file = file_, .adapter = adapter, .adapter_scale = -0.1}));
}

TEST_F(UserModelsTest, WithAProjectorItTakesImages) {
  const std::string projector = (folder_ / "mm proj.gguf").string();
  const std::string adapter = (folder_ / "an adapter.gguf").string();
  for (const std::string& path : {projector, adapter}) std::ofstream(path) << "GGUF too";
  EXPECT_EQ(Refusal({.id = "a.one", .gguf_file = file_, .projector_file = projector}), "");
  EXPECT_EQ(Refusal({.id = "a.two",
                     .gguf_file = file_,
                     .lora_file = adapter,
                     .lora_scale = 0.5,
                     .projector_file = projector}),
            "");
  const auto listed = repository_->List();
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)[0].model.binding,
            Binding(LocalWeights{.file = file_, .projector = projector}));
  EXPECT_EQ((*listed)[1].model.binding,
            Binding(LocalWeights{
                .file = file_, .adapter = adapter, .adapter_scale = 0.5, .projector = projector}));
  EXPECT_EQ((*listed)[0].model.facts.input_modalities,
            (std::vector<Modality>{Modality::kText, Modality::kImage}));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .projector_file = "/nowhere.gguf"}),
              HasSubstr("no file /nowhere.gguf"));
  EXPECT_THAT(Refusal({.id = "a.bc", .projector_file = projector, .url = "http://gpu1:8000/v1"}),
              HasSubstr("belongs to the weights"));
  EXPECT_THAT(
      Refusal(
          {.id = "a.bc", .gguf_file = file_, .projector_file = projector, .use = Use::kEmbeddings}),
      HasSubstr("makes text"));
}

TEST_F(UserModelsTest, RefusesAdaptersByWhatIsWrong) {
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .lora_file = "/nowhere.gguf"}),
              HasSubstr("no file /nowhere.gguf"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .lora_scale = 2}),
              HasSubstr("none is named"));
  EXPECT_THAT(Refusal({.id = "a.bc", .lora_file = file_, .url = "http://x/v1"}),
              HasSubstr("belongs to the weights of a GGUF file"));
  for (const double scale : {100.5, -101.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THAT(
        Refusal({.id = "a.bc", .gguf_file = file_, .lora_file = file_, .lora_scale = scale}),
        HasSubstr("from -100 to 100, not"));
  }
  EXPECT_TRUE(repository_->List()->empty());
}

TEST_F(UserModelsTest, KeepsTheFamilyOfItsBodies) {
  auto added = AddUserModel(*repository_, kScope,
                            {.id = "a.b-v1", .gguf_file = file_, .family = "anthropic-messages"});
  ASSERT_TRUE(added) << added.error().message;
  auto listed = repository_->List();
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ((*listed)[0].model.facts.family, "anthropic-messages");
  EXPECT_THAT(Refusal({.id = "a.c-v1", .gguf_file = file_, .family = "claude"}),
              HasSubstr("claude is no family of bodies for text. There are: openai-chat, "));
  EXPECT_THAT(Refusal({.id = "a.c-v1",
                       .gguf_file = file_,
                       .use = Use::kEmbeddings,
                       .family = "anthropic-messages"}),
              HasSubstr("no family of bodies for embeddings. There are: "
                        "amazon-titan-embeddings-v2, amazon-nova-embeddings"));
}

TEST_F(UserModelsTest, KeepsAnUpstream) {
  ASSERT_EQ(Refusal({.id = "lab.big",
                     .url = "http://gpu1:8000/v1/",
                     .upstream_model = "Qwen/Qwen3",
                     .api_key_env = "LAB_KEY",
                     .use = Use::kEmbeddings}),
            "");
  const Model model = (*repository_->List())[0].model;
  EXPECT_EQ(model.binding, Binding(RemoteUpstream{.url = "http://gpu1:8000/v1",
                                                  .model_name = "Qwen/Qwen3",
                                                  .api_key_env = "LAB_KEY"}));
  EXPECT_TRUE(model.facts.MakesEmbeddings());
  EXPECT_FALSE(model.facts.streaming);
}

TEST_F(UserModelsTest, RefusesWhatCanNeverAnswer) {
  EXPECT_THAT(Refusal({.id = "tiny", .gguf_file = file_}), HasSubstr("names no provider"));
  EXPECT_THAT(Refusal({.id = "a.bc"}), HasSubstr("either --gguf FILE or --url URL"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .url = "http://x"}), HasSubstr("either"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = "/nowhere.gguf"}),
              HasSubstr("no file /nowhere.gguf"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = folder_.string()}), HasSubstr("no file"));
  std::ofstream(folder_ / "fake.gguf") << "PK";
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = (folder_ / "fake.gguf").string()}),
              HasSubstr("is not a GGUF file"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .upstream_model = "x"}),
              HasSubstr("belong to --url"));
  EXPECT_THAT(Refusal({.id = "a.bc", .gguf_file = file_, .name = std::string(21, 'x')}),
              HasSubstr("at most 20"));
  EXPECT_TRUE(repository_->List()->empty());
}

TEST_F(UserModelsTest, NamesAreCountedInCharactersAndNeverCutWithinOne) {
  std::string name;
  for (int i = 0; i < 20; ++i) name += "語";
  ASSERT_EQ(Refusal({.id = "a.bc", .gguf_file = file_, .name = name, .provider = name}), "");
  const Model named = (*repository_->List())[0].model;
  EXPECT_EQ(named.facts.name, name);
  EXPECT_EQ(named.facts.provider, name);
  name += "語";
  EXPECT_THAT(Refusal({.id = "a.de", .gguf_file = file_, .name = name}), HasSubstr("at most 20"));
  EXPECT_THAT(Refusal({.id = "a.de", .gguf_file = file_, .provider = name}),
              HasSubstr("at most 20"));
  ASSERT_TRUE(repository_->Remove(kScope, "a.bc"));
  ASSERT_EQ(
      Refusal({.id = "a-provider-of-much-renown.a-model-of-many-words-v1:0", .gguf_file = file_}),
      "");
  const Model cut = (*repository_->List())[0].model;
  EXPECT_EQ(cut.facts.provider, "a-provider-of-much-r");
  EXPECT_EQ(cut.facts.name, "a-model-of-many-word");
}

TEST_F(UserModelsTest, HoldsAnIdOnlyOnceAndForgetsIt) {
  NewModel model{.id = "a.bc", .gguf_file = file_};
  EXPECT_EQ(Refusal(model), "");
  EXPECT_NE(Refusal(model), "");
  EXPECT_TRUE(repository_->Remove(kScope, "a.bc"));
  EXPECT_FALSE(repository_->Remove(kScope, "a.bc"));
  EXPECT_EQ(Refusal(model), "");
}

TEST_F(UserModelsTest, KeepsBindingsOfEachKind) {
  const std::vector<BindingRule> rules = {
      {.pattern = "a.*", .target = LocalWeights{.file = "/a.gguf"}, .use = Use::kEmbeddings},
      {.pattern = "b.*",
       .target = RemoteUpstream{.url = "http://x/v1", .model_name = "m", .api_key_env = "K"}},
      {.pattern = "c.c", .target = OtherModel{.id = "d.d"}},
      {.pattern = "e.*",
       .target = RemoteUpstream{.protocol = UpstreamProtocol::kAnthropic, .url = "http://x"}},
      {.pattern = "f.*",
       .target = BedrockUpstream{.url = "http://x:1/y",
                                 .region = "eu-west-1",
                                 .model_name = "m",
                                 .profile = "a/b c"}},
      {.pattern = "g.*", .target = BedrockUpstream{.url = "https://x", .region = "eu-west-1"}},
      {.pattern = "h.*", .target = LocalWeights{.file = "/e.gguf"}, .use = Use::kRanking},
      {.pattern = "i.*",
       .target = LocalWeights{.file = "/a b.gguf",
                              .adapter = "/c d.gguf",
                              .adapter_scale = 1e-7,
                              .draft = "/e f.gguf"}}};
  int64_t revision = *repository_->Revision();
  for (const BindingRule& rule : rules) {
    ASSERT_TRUE(repository_->Bind({.scope = kScope, .rule = rule}));
    EXPECT_NE(*repository_->Revision(), std::exchange(revision, *repository_->Revision()));
  }
  auto kept = repository_->Bindings();
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_EQ(kept->size(), rules.size());
  for (size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ((*kept)[i].scope, kScope);
    EXPECT_EQ((*kept)[i].rule.pattern, rules[i].pattern);
    EXPECT_EQ((*kept)[i].rule.target, rules[i].target);
    EXPECT_EQ((*kept)[i].rule.use, rules[i].use);
  }
  EXPECT_TRUE(repository_->Unbind(kScope, "a.*"));
  EXPECT_EQ(repository_->Unbind(kScope, "a.*").error().fault, Fault::kNotFound);
  EXPECT_EQ(repository_->Bindings()->size(), rules.size() - 1);
}

TEST(ReadTarget, WantsOneThingThatAnswers) {
  auto refusal = [](const TargetWords& words) {
    auto target = ReadTarget(words, FileIsWanted::kLater);
    return target ? "" : target.error().message;
  };
  EXPECT_EQ(refusal({.gguf_file = "/not/there.gguf"}), "");
  EXPECT_EQ(refusal({.url = "http://x/v1/", .upstream_model = "m", .api_key_env = "K"}), "");
  EXPECT_EQ(refusal({.model = "a.b"}), "");
  EXPECT_THAT(refusal({}), HasSubstr("not none of them"));
  EXPECT_THAT(refusal({.gguf_file = "/a", .model = "a.b"}), HasSubstr("not 2 of them"));
  EXPECT_THAT(refusal({.gguf_file = "/a", .api_key_env = "K"}), HasSubstr("belong to url"));
  EXPECT_THAT(refusal({.url = "ftp://x"}), HasSubstr("ftp://x can't be used"));
  EXPECT_EQ(refusal({.url = "http://x", .protocol = "anthropic", .api_key_env = "K"}), "");
  EXPECT_EQ(refusal({.protocol = "bedrock", .upstream_model = "m", .region = "eu-west-1"}), "");
  EXPECT_THAT(refusal({.url = "http://x", .protocol = "grpc"}), HasSubstr("no protocol 'grpc'"));
  EXPECT_THAT(refusal({.protocol = "bedrock", .region = "Mars 1"}), HasSubstr("'Mars 1' is none"));
  EXPECT_THAT(refusal({.protocol = "bedrock"}), HasSubstr("which region"));
  EXPECT_THAT(refusal({.protocol = "bedrock", .region = "eu-west-1", .model = "a.b"}),
              HasSubstr("not 2 of them"));
  EXPECT_THAT(refusal({.protocol = "bedrock", .api_key_env = "K", .region = "eu-west-1"}),
              HasSubstr("no key of a variable"));
  EXPECT_THAT(refusal({.url = "http://x", .region = "eu-west-1"}),
              HasSubstr("belong to the protocol bedrock"));
  EXPECT_FALSE(ReadTarget({.gguf_file = "/not/there.gguf"}, FileIsWanted::kToday));
}

}  // namespace
}  // namespace bedplate::models
