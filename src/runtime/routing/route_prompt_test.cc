#include "runtime/routing/route_prompt.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temporary_folder.h"
#include "runtime/routing/prompt_judge.h"

namespace bedplate::runtime {
namespace {

constexpr const char* kEasy =
    "Write a short paragraph about why people like to walk in the park with dogs.";
constexpr const char* kHard = "Who was the captain of the 1966 Brazil football team?";

class RoutePromptTest : public testing::Test {
 protected:
  models::Model Local(const std::string& id, size_t bytes) {
    const auto file = folder_.path() / id;
    std::ofstream(file) << std::string(bytes, 'x');
    models::Model model;
    model.facts.id = id;
    model.binding = models::LocalWeights{.file = file.string()};
    return model;
  }
  static models::Model AtUrl(const std::string& id, std::optional<int64_t> price) {
    models::Model model;
    model.facts.id = id;
    model.binding = models::RemoteUpstream{.url = "http://a/v1", .model_name = id};
    auto published = std::make_shared<models::Publication>();
    published->provider = std::make_shared<models::Provider>();
    if (price) published->price = models::TokenPrice{.input = 1, .output = *price};
    model.published = std::move(published);
    return model;
  }
  static std::string Arn(const std::string& id) {
    return "arn:aws:bedrock:r::foundation-model/" + id;
  }
  // The id of the model that answers; `fallback` and `other` are ids.
  std::string Route(std::vector<models::Model> models, const std::string& fallback,
                    const std::string& other, std::string_view prompt, double difference = 50) {
    const models::ModelDirectory directory(std::move(models), nullptr);
    const models::PromptRouter router{
        .models = {Arn(other)}, .fallback_model = Arn(fallback), .quality_difference = difference};
    auto routed = RoutePrompt(directory, router, {.account = "1", .region = "r"}, prompt);
    if (!routed) return routed.error().message;
    EXPECT_EQ(routed->model_arn, Arn(routed->model->facts.id));
    return routed->model->facts.id;
  }

  TemporaryFolder folder_;
};

TEST_F(RoutePromptTest, HardPromptsGoToTheLargerModelWhicheverIsTheFallback) {
  ASSERT_LT(DifficultyOf(kEasy), 50);
  ASSERT_GT(DifficultyOf(kHard), 50);
  for (const auto& [fallback, other] :
       {std::pair("a.small", "a.large"), std::pair("a.large", "a.small")}) {
    const std::vector models = {Local("a.small", 10), Local("a.large", 20)};
    EXPECT_EQ(Route(models, fallback, other, kHard), "a.large") << fallback;
    EXPECT_EQ(Route(models, fallback, other, kEasy), "a.small") << fallback;
    EXPECT_EQ(Route(models, fallback, other, kHard, 100), "a.small") << fallback;
    EXPECT_EQ(Route(models, fallback, other, kEasy, 0), "a.large") << fallback;
    EXPECT_EQ(Route(models, fallback, other, ""), fallback) << "nothing to judge";
  }
}

TEST_F(RoutePromptTest, OfModelsElsewhereTheDearerIsTheStronger) {
  const std::vector models = {AtUrl("a.cheap", 1), AtUrl("a.dear", 2)};
  EXPECT_EQ(Route(models, "a.cheap", "a.dear", kHard), "a.dear");
  EXPECT_EQ(Route(models, "a.cheap", "a.dear", kEasy), "a.cheap");
  EXPECT_EQ(Route(models, "a.dear", "a.cheap", kHard), "a.dear");
  EXPECT_EQ(Route(models, "a.dear", "a.cheap", kEasy), "a.cheap");
}

TEST_F(RoutePromptTest, WhereNothingTellsTheFallbackIsTheStronger) {
  const std::vector models = {AtUrl("a.one", 1), AtUrl("a.two", std::nullopt)};
  EXPECT_EQ(Route(models, "a.one", "a.two", kHard), "a.one");
  EXPECT_EQ(Route(models, "a.one", "a.two", kEasy), "a.two");
  EXPECT_EQ(Route(models, "a.two", "a.one", kHard), "a.two");
}

TEST_F(RoutePromptTest, TheFallbackAnswersForAModelThatCanNotBeUsed) {
  std::vector models = {Local("a.small", 10), Local("a.large", 20)};
  models[1].binding = models::Unbound{};
  EXPECT_EQ(Route(models, "a.small", "a.large", kHard), "a.small");
  EXPECT_NE(Route(models, "a.large", "a.small", kEasy).find("don't have access"),
            std::string::npos);
}

}  // namespace
}  // namespace bedplate::runtime
