#include "engine/inference/checkpoint_table.h"

#include <gtest/gtest.h>

#include <numeric>

namespace bedplate::engine {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<TokenId> Prompt(size_t length, TokenId first = 0) {
  std::vector<TokenId> tokens(length);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

Checkpoints Marked(const std::vector<TokenId>& prompt, std::vector<Checkpoint> marks,
                   uint64_t scope = 0) {
  return {.marks = std::move(marks), .hashes = HashPrefixes(prompt, scope, 0)};
}

class CheckpointTableTest : public ::testing::Test {
 protected:
  CheckpointTable table_;
  MonotonicTime now_{hours(10)};
};

TEST_F(CheckpointTableTest, TheFirstWritesAndTheNextReads) {
  const Checkpoints marked = Marked(Prompt(3'000), {{2'000, minutes(5)}});
  CheckpointUse use = table_.Use(marked, 0, now_);
  EXPECT_EQ(use.read_tokens, 0U);
  EXPECT_EQ(use.written_short_tokens, 2'000U);
  // Nothing is kept before the prompt is in the KV cache.
  EXPECT_EQ(table_.Use(marked, 2'999, now_).read_tokens, 0U);
  table_.Keep(marked, now_);
  use = table_.Use(marked, 2'999, now_);
  EXPECT_EQ(use.read_tokens, 2'000U);
  EXPECT_EQ(use.written_short_tokens + use.written_long_tokens, 0U);
}

TEST_F(CheckpointTableTest, WhatTheKvCacheLostIsNotRead) {
  const Checkpoints marked = Marked(Prompt(3'000), {{1'100, minutes(5)}, {2'000, minutes(5)}});
  table_.Keep(marked, now_);
  EXPECT_EQ(table_.Use(marked, 1'999, now_).read_tokens, 1'100U);
  EXPECT_EQ(table_.Use(marked, 1'999, now_).written_short_tokens, 900U);
  EXPECT_EQ(table_.Use(marked, 1'000, now_).read_tokens, 0U);
}

TEST_F(CheckpointTableTest, ALaterMarkReadsAnEarlierOneOfAnotherRequest) {
  table_.Keep(Marked(Prompt(1'500), {{1'400, minutes(5)}}), now_);
  const CheckpointUse use = table_.Use(Marked(Prompt(3'000), {{2'900, hours(1)}}), 1'450, now_);
  EXPECT_EQ(use.read_tokens, 1'400U);
  EXPECT_EQ(use.written_long_tokens, 1'500U);
  // What is behind the last mark is nobody's cache.
  EXPECT_EQ(table_.Use(Marked(Prompt(3'000), {{1'300, hours(1)}}), 2'999, now_).read_tokens, 0U);
}

TEST_F(CheckpointTableTest, OtherPromptsAndScopesShareNothing) {
  table_.Keep(Marked(Prompt(2'000), {{1'500, minutes(5)}}, 1), now_);
  EXPECT_EQ(table_.Use(Marked(Prompt(2'000), {{1'500, minutes(5)}}, 2), 2'000, now_).read_tokens,
            0U);
  EXPECT_EQ(table_.Use(Marked(Prompt(2'000, 1), {{1'500, minutes(5)}}, 1), 2'000, now_).read_tokens,
            0U);
}

TEST_F(CheckpointTableTest, EachUseBeginsTheTimeAnew) {
  const Checkpoints marked = Marked(Prompt(2'000), {{1'500, minutes(5)}});
  table_.Keep(marked, now_);
  now_ += seconds(299);
  EXPECT_EQ(table_.Use(marked, 1'999, now_).read_tokens, 1'500U);
  now_ += seconds(299);
  EXPECT_EQ(table_.Use(marked, 1'999, now_).read_tokens, 1'500U);
  now_ += seconds(300);
  EXPECT_EQ(table_.Use(marked, 1'999, now_).read_tokens, 0U);
}

TEST_F(CheckpointTableTest, ALongTimeIsNotMadeShorter) {
  table_.Keep(Marked(Prompt(2'000), {{1'500, hours(1)}}), now_);
  const Checkpoints brief = Marked(Prompt(2'000), {{1'500, minutes(5)}});
  table_.Keep(brief, now_);
  now_ += minutes(59);
  EXPECT_EQ(table_.Use(brief, 1'999, now_).read_tokens, 1'500U);
}

TEST_F(CheckpointTableTest, StaysWithinItsBound) {
  for (TokenId first = 0; first < 20'000; ++first) {
    table_.Keep(Marked(Prompt(2, first), {{2, minutes(5)}}), now_);
    now_ += std::chrono::milliseconds(1);
  }
  EXPECT_EQ(table_.size(), CheckpointTable::kEntriesMax);
  EXPECT_EQ(table_.Use(Marked(Prompt(2, 19'999), {{2, minutes(5)}}), 2, now_).read_tokens, 2U);
  EXPECT_EQ(table_.Use(Marked(Prompt(2, 0), {{2, minutes(5)}}), 2, now_).read_tokens, 0U);
}

}  // namespace
}  // namespace bedplate::engine
