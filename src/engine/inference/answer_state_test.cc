#include "engine/inference/answer_state.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bedplate::engine {
namespace {

// Tokens are bytes; 1 is a control token.
class ByteVocabulary final : public Vocabulary {
 public:
  void AppendPiece(TokenId token, std::string& out) const override {
    if (token != 1) out += static_cast<char>(token);
  }
  void AppendControlText(TokenId, std::string& out) const override { out += "<1>"; }
  bool EndsGeneration(TokenId token) const override { return token == 0; }
};

Generation Asking(std::optional<uint32_t> top_log_probabilities) {
  Generation generation;
  generation.prompt = {'p'};
  generation.sampling.temperature = 0;
  generation.top_log_probabilities = top_log_probabilities;
  return generation;
}

class AnswerStateTest : public ::testing::Test {
 protected:
  // Lets the answer go on with `token`, which has half of the probability.
  void Take(AnswerState& answer, unsigned char token) {
    std::vector<float> logits(256, 0.0F);
    logits[token] = std::log(255.0F);
    answer.Take(logits, scratch_);
  }

  static std::string Tokens(const Progress& progress) {
    std::string tokens;
    for (const StepLogProbabilities& step : progress.steps) {
      tokens += static_cast<char>(step.chosen.token);
    }
    return tokens;
  }

  ByteVocabulary vocabulary_;
  SamplingScratch scratch_;
};

TEST_F(AnswerStateTest, TellsNoProbabilitiesUnlessAsked) {
  AnswerState answer(Asking({}), vocabulary_);
  Take(answer, 'a');
  Progress progress;
  EXPECT_TRUE(answer.TakeText(progress));
  EXPECT_EQ(progress.text, "a");
  EXPECT_TRUE(progress.steps.empty());
}

TEST_F(AnswerStateTest, TheyAreTheModelsOwnWhateverChangesTheChoice) {
  Generation generation = Asking(2);
  generation.sampling.repeat_penalty = 50;
  generation.prompt = {'a'};
  generation.suppressed = {'b'};
  AnswerState answer(generation, vocabulary_);
  std::vector<float> logits(256, 0.0F);
  logits['a'] = std::log(8.0F);
  logits['b'] = std::log(4.0F);
  logits['c'] = std::log(2.0F);
  answer.Take(logits, scratch_);
  Progress progress;
  EXPECT_TRUE(answer.TakeText(progress));
  EXPECT_EQ(progress.text, "c");
  ASSERT_EQ(progress.steps.size(), 1U);
  const double total = 253 + 8 + 4 + 2;
  EXPECT_NEAR(progress.steps[0].chosen.log_probability, std::log(2 / total), 1e-5);
  ASSERT_EQ(progress.steps[0].top.size(), 2U);
  EXPECT_EQ(progress.steps[0].top[0].token, 'a');
  EXPECT_NEAR(progress.steps[0].top[0].log_probability, std::log(8 / total), 1e-5);
  EXPECT_EQ(progress.steps[0].top[1].token, 'b');
}

TEST_F(AnswerStateTest, TheyComeWithTheTextTheyAreOf) {
  Generation generation = Asking(0);
  generation.stops = {"xyz"};
  AnswerState answer(generation, vocabulary_);
  Progress first;
  Take(answer, 'x');
  EXPECT_FALSE(answer.TakeText(first));
  EXPECT_TRUE(first.steps.empty());
  Take(answer, 'b');
  EXPECT_TRUE(answer.TakeText(first));
  EXPECT_EQ(Tokens(first), "xb");
  EXPECT_NEAR(first.steps[1].chosen.log_probability, std::log(0.5), 1e-5);
  Progress second;
  Take(answer, 'c');
  EXPECT_TRUE(answer.TakeText(second));
  EXPECT_EQ(Tokens(second), "c");
}

TEST_F(AnswerStateTest, ThoseOfAStopSequenceAreNotTold) {
  Generation generation = Asking(0);
  generation.stops = {"xyz"};
  AnswerState answer(generation, vocabulary_);
  for (const char token : std::string("axyz")) Take(answer, static_cast<unsigned char>(token));
  Progress progress;
  answer.Finish(Ending::kEndOfTurn, progress);
  EXPECT_EQ(progress.text, "a");
  EXPECT_EQ(Tokens(progress), "a");
}

TEST_F(AnswerStateTest, TheEndTellsWhatIsLeft) {
  Generation generation = Asking(0);
  generation.stops = {"xyz"};
  AnswerState answer(generation, vocabulary_);
  for (const char token : std::string("axy")) Take(answer, static_cast<unsigned char>(token));
  Take(answer, 1);
  Take(answer, 0);
  Progress progress;
  answer.Finish(Ending::kEndOfTurn, progress);
  EXPECT_EQ(progress.text, "axy");
  EXPECT_EQ(Tokens(progress), "axy\x01");
}

}  // namespace
}  // namespace bedplate::engine
