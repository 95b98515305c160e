#include "engine/scheduler/prefix_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "engine/scheduler/testing/unified_cache_model.h"

namespace bedplate::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Tokens = std::vector<Token>;

constexpr CacheKey kBase{};
constexpr Instant kNow{1'000'000};

class PrefixCacheTest : public testing::Test {
 protected:
  SequenceId Add(const Tokens& tokens, Instant now = kNow) {
    const auto opened = cache_.Open(kBase, tokens, now);
    cache_.Publish(opened->sequence, std::span(tokens).subspan(opened->tokens));
    cache_.Check();
    return opened->sequence;
  }

  std::vector<MemoryOperation> operations_;
  PrefixCache cache_{8, operations_};
};

TEST_F(PrefixCacheTest, FindsNothingAtFirst) {
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 2, 3}).tokens, 0u);
  EXPECT_EQ(cache_.cells(), 0u);
}

TEST_F(PrefixCacheTest, SharesTheLongestPrefixByCopy) {
  const SequenceId first = Add({1, 2, 3, 4});
  operations_.clear();
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 2, 9}).tokens, 2u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 2, 9}).idle, 0u);

  const auto second = cache_.Open(kBase, Tokens{1, 2, 9}, kNow);
  EXPECT_EQ(second->tokens, 2u);
  EXPECT_THAT(operations_, ElementsAre(MemoryOperation(CopyCells{first, second->sequence, 0, 2})));
  EXPECT_EQ(cache_.cells(), 4u);
  cache_.Publish(second->sequence, Tokens{9});
  EXPECT_EQ(cache_.cells(), 5u);
  cache_.Check();
}

TEST_F(PrefixCacheTest, OtherAdaptersAndScopesShareNothing) {
  Add({1, 2, 3});
  EXPECT_EQ(cache_.Find({.adapter = 1}, Tokens{1, 2, 3}).tokens, 0u);
  EXPECT_EQ(cache_.Find({.share_scope = 1}, Tokens{1, 2, 3}).tokens, 0u);
}

TEST_F(PrefixCacheTest, ClosedPrefixStaysIdleAndIsResumedWithoutCopy) {
  const SequenceId first = Add({1, 2, 3});
  cache_.Close(first, kNow);
  cache_.Check();
  EXPECT_EQ(cache_.cells_idle(), 3u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 2, 3, 4}).idle, 3u);
  operations_.clear();
  const auto again = cache_.Open(kBase, Tokens{1, 2, 3, 4}, kNow);
  EXPECT_EQ(again->sequence, first);
  EXPECT_EQ(again->tokens, 3u);
  EXPECT_THAT(operations_, IsEmpty());
  EXPECT_EQ(cache_.cells_idle(), 0u);
}

TEST_F(PrefixCacheTest, ClosingWhatOthersHoldFreesTheSequence) {
  const SequenceId first = Add({1, 2, 3});
  const SequenceId second = Add({1, 2, 3});
  EXPECT_EQ(cache_.sequences_used(), 2u);
  cache_.Close(second, kNow);
  EXPECT_EQ(cache_.sequences_used(), 1u);
  EXPECT_EQ(cache_.cells_idle(), 0u);
  cache_.Close(first, kNow);
  EXPECT_EQ(cache_.cells_idle(), 3u);
  cache_.Check();
}

TEST_F(PrefixCacheTest, TokensComputedTwiceAreGivenUpForThoseOfTheTree) {
  const SequenceId first = cache_.Open(kBase, Tokens{}, kNow)->sequence;
  const SequenceId second = cache_.Open(kBase, Tokens{}, kNow)->sequence;
  cache_.Publish(first, Tokens{1, 2, 3});
  operations_.clear();
  cache_.Publish(second, Tokens{1, 2, 7});
  cache_.Check();
  EXPECT_THAT(operations_, ElementsAre(MemoryOperation(RemoveCells{second, 0, 2}),
                                       MemoryOperation(CopyCells{first, second, 0, 2})));
  EXPECT_EQ(cache_.cells(), 4u);
}

TEST_F(PrefixCacheTest, EvictsTheLeastValuableFromItsEnd) {
  cache_.Close(Add({1, 1, 1, 1}, Instant{0}), Instant{0});
  cache_.Close(Add({2, 2, 2, 2}, kNow), kNow);
  cache_.Evict(3, kNow);
  cache_.Check();
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 1, 1, 1}).tokens, 1u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{2, 2, 2, 2}).tokens, 4u);
  cache_.Evict(2, kNow);
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 1, 1, 1}).tokens, 0u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{2, 2, 2, 2}).tokens, 3u);
  cache_.Check();
}

TEST_F(PrefixCacheTest, WhatIsFoundOftenOutlivesWhatIsMerelyRecent) {
  for (int i = 0; i < 9; ++i) cache_.Close(Add({1, 1}, Instant{0}), Instant{0});
  cache_.Close(Add({2, 2}, kNow), kNow);
  cache_.Evict(2, kNow);
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 1}).tokens, 2u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{2, 2}).tokens, 0u);
}

TEST_F(PrefixCacheTest, OpenPrefixesAreNeverEvicted) {
  Add({1, 2, 3});
  cache_.Evict(100, kNow);
  EXPECT_EQ(cache_.cells(), 3u);
}

TEST_F(PrefixCacheTest, IdleSequencesGiveTheirIdsUp) {
  for (Token t = 0; t < 8; ++t) cache_.Close(Add({t, t}, Instant{t}), Instant{t});
  EXPECT_EQ(cache_.sequences_used(), 8u);
  EXPECT_TRUE(cache_.Open(kBase, Tokens{9}, kNow));
  EXPECT_EQ(cache_.Find(kBase, Tokens{0, 0}).tokens, 0u);
  EXPECT_EQ(cache_.Find(kBase, Tokens{1, 1}).tokens, 2u);
  cache_.Check();
}

TEST_F(PrefixCacheTest, WithoutAnIdleSequenceThereIsNone) {
  for (Token t = 0; t < 8; ++t) Add({t});
  EXPECT_FALSE(cache_.Open(kBase, Tokens{9}, kNow));
  EXPECT_FALSE(cache_.Open({.adapter = 5}, Tokens{9}, kNow));
  cache_.Check();
}

// Against a list of what each sequence holds: the cells are the distinct prefixes.
TEST(PrefixCacheRandom, CountsEachPrefixOnceAsTheRealCacheDoes) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    std::vector<MemoryOperation> operations;
    const uint32_t sequences = 3 + below(10);
    PrefixCache cache(sequences, operations);
    UnifiedCacheModel model(500, sequences);
    struct Held {
      CacheKey key;
      Tokens tokens;
      uint32_t unpublished = 0;
    };
    std::map<SequenceId, Held> open;
    const auto apply = [&] {
      for (const MemoryOperation& operation : operations) ASSERT_EQ(model.Apply(operation), "");
      operations.clear();
    };
    for (uint32_t step = 0; step < 120; ++step) {
      const Instant now{step * 100'000};
      const uint32_t action = below(10);
      if (action < 4 && open.size() + 2 <= sequences) {
        const CacheKey key{.adapter = below(2)};
        Tokens tokens(below(12));
        for (Token& t : tokens) t = below(2);
        const auto opened = cache.Open(key, tokens, now);
        ASSERT_TRUE(opened);
        tokens.resize(opened->tokens);
        open[opened->sequence] = {key, tokens};
      } else if (action < 8 && !open.empty()) {
        auto& [sequence, held] = *std::next(open.begin(), below(open.size()));
        Tokens more(1 + below(6));
        for (Token& t : more) t = below(2);
        if (held.tokens.size() > 30) continue;
        apply();
        for (const Token t : more) {
          ASSERT_EQ(model.Compute(held.key, t, held.tokens.size(), sequence), "");
          held.tokens.push_back(t);
        }
        cache.Publish(sequence, more);
      } else if (action == 8 && !open.empty()) {
        const auto closed = std::next(open.begin(), below(open.size()));
        cache.Close(closed->first, now);
        open.erase(closed);
      } else {
        cache.Evict(below(8), now);
      }
      apply();
      cache.Check();
      ASSERT_EQ(cache.cells(), model.used());
      std::set<std::pair<CacheKey, Tokens>> prefixes;
      for (const auto& [sequence, held] : open) {
        std::string wrong;
        ASSERT_EQ(model.Read(held.key, sequence, wrong), held.tokens);
        ASSERT_EQ(wrong, "");
        for (size_t n = 1; n <= held.tokens.size(); ++n) {
          prefixes.emplace(held.key, Tokens(held.tokens.begin(), held.tokens.begin() + n));
        }
      }
      ASSERT_EQ(cache.cells() - cache.cells_idle(), prefixes.size());
    }
  }
}

}  // namespace
}  // namespace bedplate::scheduler
