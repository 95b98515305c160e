#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/speculation/draft_length.h"
#include "engine/speculation/lookup.h"
#include "engine/speculation/model_drafter.h"
#include "engine/speculation/speculator.h"

namespace bedplate::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Tokens = std::vector<TokenId>;

Tokens LookedUp(const Tokens& tokens, size_t most) {
  Tokens draft;
  LookUp(tokens, most, draft);
  return draft;
}

TEST(LookUp, SaysWhatFollowedTheSameTokens) {
  EXPECT_THAT(LookedUp({1, 2, 3, 4, 5, 6, 9, 1, 2, 3}, 2), ElementsAre(4, 5));
  EXPECT_THAT(LookedUp({1, 2, 3, 4, 5, 6, 9, 1, 2, 3}, 4), ElementsAre(4, 5, 6, 9));
}

TEST(LookUp, TakesThePlaceWithMostEqualTokensAndOfThoseTheLatest) {
  EXPECT_THAT(LookedUp({8, 1, 2, 3, 50, 7, 1, 2, 3, 60, 8, 1, 2, 3}, 1), ElementsAre(50));
  EXPECT_THAT(LookedUp({8, 1, 2, 3, 50, 8, 1, 2, 3, 60, 8, 1, 2, 3}, 1), ElementsAre(60));
}

TEST(LookUp, FewEqualTokensSayNothing) {
  EXPECT_THAT(LookedUp({1, 2, 4, 9, 1, 2}, 4), IsEmpty());
  EXPECT_THAT(LookedUp({}, 4), IsEmpty());
  EXPECT_THAT(LookedUp({1}, 4), IsEmpty());
  EXPECT_THAT(LookedUp({1, 2, 3, 4, 1, 2, 3}, 0), IsEmpty());
}

TEST(LookUp, ATextThatRepeatsItselfGoesOn) {
  EXPECT_THAT(LookedUp({5, 6, 5, 6, 5, 6}, 5), ElementsAre(5, 6, 5, 6, 5));
  EXPECT_THAT(LookedUp({7, 7, 7, 7}, 3), ElementsAre(7, 7, 7));
}

TEST(DraftLength, GrowsWhileDraftsAreRight) {
  DraftLength length;
  uint32_t last = length.Next();
  EXPECT_EQ(last, DraftLength::kFirst);
  for (int i = 0; i < 10; ++i) {
    length.Judge(last, last);
    EXPECT_GE(length.Next(), last);
    last = length.Next();
  }
  EXPECT_EQ(last, DraftLength::kMax);
  length.Judge(last, 3);
  EXPECT_EQ(length.Next(), 4U);
}

TEST(DraftLength, FallsToPausesWhileTheyAreWrong) {
  DraftLength length;
  int drafted = 0;
  for (int token = 0; token < 1000; ++token) {
    const uint32_t next = length.Next();
    if (next == 0) continue;
    drafted += static_cast<int>(next);
    length.Judge(next, 0);
  }
  EXPECT_LT(drafted, 50);
  EXPECT_GT(drafted, 10);  // it tries again
}

TEST(DraftLength, OneThatIsRightEndsThePauses) {
  DraftLength length;
  for (int i = 0; i < 200; ++i) {
    if (const uint32_t next = length.Next(); next > 0) length.Judge(next, 0);
  }
  uint32_t next = 0;
  while (next == 0) next = length.Next();
  length.Judge(next, next);
  EXPECT_GT(length.Next(), 0U);
}

TEST(DraftLength, ADraftThatWasCutDoesNotShortenTheNext) {
  DraftLength length;
  length.Judge(1, 1);
  EXPECT_GE(length.Next(), DraftLength::kFirst);
}

// Says the number after the last, sure of it but for every tenth.
class CountingDecoder final : public Decoder {
 public:
  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>&) override {
    if (fails) return Fail(Fault::kModelError, "told to fail");
    rows_of.push_back(rows.tokens.size());
    logits_.clear();
    for (size_t row = 0; row < rows.tokens.size(); ++row) {
      Tokens& tokens = cells[rows.sequences[row]];
      EXPECT_EQ(static_cast<size_t>(rows.positions[row]), tokens.size());
      tokens.push_back(rows.tokens[row]);
      std::vector<float> logits(100, 0.0F);
      const auto next = static_cast<size_t>(rows.tokens[row] + 1) % 100;
      logits[next] = next % 10 == 0 ? 1.0F : 20.0F;
      logits_.push_back(std::move(logits));
    }
    return {};
  }
  std::span<float> Logits(size_t row) override { return logits_[row]; }
  void Clear() override { ADD_FAILURE(); }
  void CopySequence(int32_t, int32_t, int32_t, int32_t) override { ADD_FAILURE(); }
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t) override {
    Tokens& tokens = cells[sequence];
    if (static_cast<size_t>(begin) < tokens.size()) tokens.resize(static_cast<size_t>(begin));
  }

  bool fails = false;
  std::vector<size_t> rows_of;
  std::map<int32_t, Tokens> cells;

 private:
  std::vector<std::vector<float>> logits_;
};

class ModelDrafterTest : public ::testing::Test {
 protected:
  Tokens Drafted(uint64_t id, const Tokens& tokens, size_t most) {
    Tokens draft;
    drafter_.Draft(id, tokens, most, draft);
    return draft;
  }

  CountingDecoder decoder_;
  ModelDrafter drafter_{decoder_,
                        {.sequences = 2, .tokens_max = 20, .batch_rows = 4, .vocabulary = 60}};
};

TEST_F(ModelDrafterTest, DraftsWhileItIsSure) {
  EXPECT_THAT(Drafted(1, {14, 15}, 3), ElementsAre(16, 17, 18));
  EXPECT_THAT(Drafted(2, {16, 17}, 9), ElementsAre(18, 19));
  EXPECT_THAT(Drafted(2, {57, 58}, 9), ElementsAre(59));  // and not beyond the shared vocabulary
  EXPECT_THAT(Drafted(2, {77}, 9), IsEmpty());
}

TEST_F(ModelDrafterTest, ComputesWhatIsNewAlone) {
  Drafted(1, {1, 2, 3}, 2);  // 4, 5
  decoder_.rows_of.clear();
  EXPECT_THAT(Drafted(1, {1, 2, 3, 4, 5, 6}, 1), ElementsAre(7));
  EXPECT_THAT(decoder_.rows_of, ElementsAre(2));
  EXPECT_THAT(decoder_.cells[0], ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Drafted(1, {1, 2, 3, 31}, 1), ElementsAre(32));
  EXPECT_THAT(decoder_.cells[0], ElementsAre(1, 2, 3, 31));
}

TEST_F(ModelDrafterTest, ReadsALongTextInPieces) {
  const Tokens tokens = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11};
  EXPECT_THAT(Drafted(1, tokens, 1), IsEmpty());
  EXPECT_THAT(Drafted(1, tokens, 1), IsEmpty());
  EXPECT_THAT(Drafted(1, tokens, 1), ElementsAre(12));
  EXPECT_THAT(decoder_.rows_of, ElementsAre(4, 4, 2));
  EXPECT_THAT(Drafted(1, Tokens(20, 1), 1), IsEmpty());  // too long
}

TEST_F(ModelDrafterTest, AnAnswerKeepsItsPlaceUntilItIsOver) {
  Drafted(1, {1, 2}, 1);
  Drafted(2, {3, 4}, 1);
  EXPECT_THAT(Drafted(3, {5, 6}, 1), IsEmpty());
  EXPECT_THAT(Drafted(1, {1, 2, 3}, 1), ElementsAre(4));
  drafter_.Forget(2);
  EXPECT_THAT(decoder_.cells[1], IsEmpty());
  EXPECT_THAT(Drafted(3, {5, 6}, 1), ElementsAre(7));
  EXPECT_THAT(decoder_.cells[0], ElementsAre(1, 2, 3));
  EXPECT_THAT(decoder_.cells[1], ElementsAre(5, 6));
}

TEST_F(ModelDrafterTest, AFailureCostsOnlyTheDraft) {
  Drafted(1, {1, 2}, 1);
  decoder_.fails = true;
  EXPECT_THAT(Drafted(1, {1, 2, 3}, 1), IsEmpty());
  decoder_.fails = false;
  EXPECT_THAT(Drafted(1, {1, 2, 3}, 1), ElementsAre(4));
}

class FixedDrafter final : public Drafter {
 public:
  void Draft(uint64_t, std::span<const TokenId>, size_t most, Tokens& draft) override {
    draft.assign(std::min<size_t>(most, 2), 42);
  }
  void Forget(uint64_t id) override { forgotten = id; }
  uint64_t forgotten = 0;
};

TEST(Speculator, AsksTheModelWhereTheTextSaysNothing) {
  FixedDrafter model;
  Speculator speculator(true, &model);
  speculator.Begin(1, Tokens{1, 2, 3, 4, 9, 1, 2});
  EXPECT_THAT(speculator.Guess(1, 8), ElementsAre(42, 42));
  speculator.Judge(1, 2, 0);
  speculator.Add(1, 3);
  EXPECT_THAT(speculator.Guess(1, 2), ElementsAre(4, 9));
  speculator.End(1);
  EXPECT_EQ(model.forgotten, 1U);
}

TEST(Speculator, GuessesNoPlaceOfAnImage) {
  FixedDrafter model;
  Speculator speculator(true, &model);
  const std::vector<TokenId> prompt = {1, 2, 3, 4, -7, -7, 5, 1, 2, 3};
  speculator.Begin(1, prompt);
  EXPECT_EQ(speculator.Guess(1, 4), (std::vector<TokenId>{4}));
  speculator.Judge(1, 1, 1);
  speculator.Add(1, 4);
  EXPECT_TRUE(speculator.Guess(1, 4).empty()) << "the draft model can't see the image";
  speculator.End(1);
}

TEST(Speculator, WithoutEitherItGuessesNothing) {
  Speculator speculator(false);
  speculator.Begin(1, Tokens{7, 7, 7, 7, 7});
  EXPECT_THAT(speculator.Guess(1, 8), IsEmpty());
}

TEST(Speculator, ARefusedGuessIsFollowedByAPause) {
  Speculator speculator(true);
  speculator.Begin(1, Tokens{7, 7, 7, 7, 7});
  EXPECT_THAT(speculator.Guess(1, 8), ::testing::SizeIs(4));
  speculator.Judge(1, 4, 0);
  speculator.Add(1, 7);
  EXPECT_THAT(speculator.Guess(1, 8), IsEmpty());
  EXPECT_THAT(speculator.Guess(1, 8), ::testing::SizeIs(2));
}

}  // namespace
}  // namespace bedplate::engine
