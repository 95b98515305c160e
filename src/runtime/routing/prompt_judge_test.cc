#include "runtime/routing/prompt_judge.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/routing/prompt_features.h"

namespace bedplate::runtime {
namespace {

double Feature(const char* name, std::string_view prompt) {
  const PromptFeatures features = FeaturesOf(prompt);
  for (size_t i = 0; i < kPromptFeatures; ++i) {
    if (kPromptFeatureNames[i] == name) return features[i];
  }
  ADD_FAILURE() << "no feature " << name;
  return -1;
}

TEST(PromptJudgeTest, FeaturesSayWhatAPromptIs) {
  EXPECT_EQ(Feature("how many, how much", "How many moons has Mars?"), 1);
  EXPECT_EQ(Feature("how", "How many moons has Mars?"), 0);
  EXPECT_EQ(Feature("how", "How does rain form?"), 1);
  EXPECT_EQ(Feature("yes or no", "Is it late?"), 1);
  EXPECT_EQ(Feature("yes or no", "It is late"), 0);
  EXPECT_EQ(Feature("code", "Write a PYTHON script."), 1);
  EXPECT_EQ(Feature("code", "Write a pythonic script-free text."), 1) << "script is a word";
  EXPECT_EQ(Feature("code", "Write a pythonic text."), 0);
  EXPECT_EQ(Feature("capitalized words", "Where is Mount Cook"), 0.5);
  EXPECT_EQ(Feature("digits", "1a2b"), 0.5);
  EXPECT_EQ(Feature("non-ASCII", "ää"), 1);
  for (const double value : FeaturesOf("")) EXPECT_EQ(value, 0);
}

TEST(PromptJudgeTest, OnlyTheBeginningOfALongPromptCounts) {
  const std::string head(kJudgedBytesMax, 'a');
  EXPECT_EQ(FeaturesOf(head), FeaturesOf(head + " why 123?"));
}

TEST(PromptJudgeTest, DifficultyIsAPercentage) {
  for (const std::string& prompt :
       {std::string(), std::string("a"), std::string(1 << 20, '7'), std::string(5000, '?'),
        std::string("\xff\xfe\x00", 3), std::string(20000, '\n')}) {
    EXPECT_GE(DifficultyOf(prompt), 0) << prompt.size();
    EXPECT_LE(DifficultyOf(prompt), 100) << prompt.size();
  }
}

// The judge's own questions were of these kinds: names that one has to know are the hardest for a
// small model, a task of rewriting is among the easiest.
TEST(PromptJudgeTest, AFactIsHarderThanATaskOfWriting) {
  const double fact = DifficultyOf("Who was the captain of the 1966 Brazil football team?");
  const double task = DifficultyOf(
      "Write a short paragraph about why people like to walk in the park with their dogs.");
  EXPECT_GT(fact, task + 20);
}

}  // namespace
}  // namespace bedplate::runtime
