#include "engine/inference/cache_care.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/testing/temporary_folder.h"

namespace bedplate::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kNobody = [] { return false; };

// A cache in plain maps that computes nothing; says how large the stretches were that moved.
class MapDecoder final : public Decoder {
 public:
  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>&) override {
    for (size_t row = 0; row < rows.tokens.size(); ++row) {
      cells[rows.sequences[row]][rows.positions[row]] = rows.tokens[row];
    }
    return {};
  }
  std::span<float> Logits(size_t) override { return {}; }
  void CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) override {
    for (const auto& [position, token] : cells[from]) {
      if (position >= begin && position < end) cells[to][position] = token;
    }
  }
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) override {
    std::erase_if(cells[sequence],
                  [&](const auto& cell) { return cell.first >= begin && cell.first < end; });
    if (cells[sequence].empty()) cells.erase(sequence);
  }
  void Clear() override {
    cells.clear();
    ++clears;
  }
  std::vector<std::byte> Save(int32_t sequence, int32_t begin, int32_t end) override {
    std::vector<std::byte> saved;
    for (const auto& [position, token] : cells[sequence]) {
      if (position < begin || position >= end) continue;
      const std::pair<int32_t, TokenId> cell{position, token};
      const auto bytes = std::as_bytes(std::span(&cell, 1));
      saved.insert(saved.end(), bytes.begin(), bytes.end());
      saved.resize(saved.size() + cell_bytes - sizeof cell);
    }
    largest_save = std::max<size_t>(largest_save, saved.size());
    return saved;
  }
  bool Load(std::span<const std::byte> saved, int32_t sequence, int32_t begin,
            int32_t end) override {
    if (load_fails) return false;
    std::pair<int32_t, TokenId> cell;
    for (size_t at = 0; at < saved.size(); at += cell_bytes) {
      std::memcpy(&cell, saved.data() + at, sizeof cell);
      if (cell.first >= begin && cell.first < end) cells[sequence][cell.first] = cell.second;
    }
    return true;
  }

  std::map<int32_t, std::map<int32_t, TokenId>> cells;
  int clears = 0;
  bool load_fails = false;
  size_t cell_bytes = sizeof(std::pair<int32_t, TokenId>);
  size_t largest_save = 0;
};

class CacheCareTest : public ::testing::Test {
 protected:
  static scheduler::Config Config() {
    scheduler::Config config;
    config.cells = 8192;
    config.context_tokens_max = 2048;
    config.idle_max = scheduler::Instant{60'000'000};
    return config;
  }

  void Step(std::vector<scheduler::Event> events) {
    const scheduler::Actions& actions = scheduler_.Step(now_, events);
    for (const auto& operation : actions.memory) {
      if (const auto* copy = std::get_if<scheduler::CopyCells>(&operation)) {
        decoder_.CopySequence(copy->from, copy->to, copy->begin, copy->end);
      } else if (const auto* remove = std::get_if<scheduler::RemoveCells>(&operation)) {
        decoder_.RemoveSequence(remove->sequence, remove->begin, remove->end);
      }
    }
    for (const auto& started : actions.started) cached_ = started.cached_tokens;
    const scheduler::Batch& batch = actions.batch;
    if (batch.empty()) return;
    care_.NoteBatch(batch.size());
    const std::atomic<bool> give_up = false;
    (void)decoder_.Decode({.tokens = batch.tokens,
                           .positions = batch.positions,
                           .sequences = batch.sequences,
                           .outputs = batch.outputs},
                          give_up);
    scheduler::BatchDone done;
    for (size_t row = 0; row < batch.size(); ++row) {
      if (batch.outputs[row] != 0) done.sampled.push_back({batch.requests[row], 5, true});
    }
    Step({std::move(done)});
  }

  // Returns how many of its tokens were cached.
  uint32_t Ask(const std::vector<TokenId>& prompt) {
    Step({scheduler::Submit{.request = ++last_, .prompt = prompt, .new_tokens_max = 4}});
    Step({});
    return cached_;
  }
  static std::vector<TokenId> Prompt(TokenId first, size_t length = 600) {
    std::vector<TokenId> prompt(length);
    for (size_t i = 0; i < length; ++i) prompt[i] = first + static_cast<TokenId>(i % 100);
    return prompt;
  }
  // Ten prompts that nobody uses any more, and two that begin alike and are new.
  void FillAndForget() {
    for (TokenId i = 1; i <= 10; ++i) Ask(Prompt(1'000 * i));
    now_ += scheduler::Instant{61'000'000};
    Ask(first_);
    Ask(second_);
    Step({});
  }

  MapDecoder decoder_;
  scheduler::Scheduler scheduler_{Config()};
  CacheCare care_{decoder_, scheduler_, nullptr, 2s};
  scheduler::Instant now_{0};
  scheduler::RequestId last_ = 0;
  uint32_t cached_ = 0;
  const std::vector<TokenId> first_ = [] {
    std::vector<TokenId> prompt = Prompt(50'000);
    prompt[400] = 1;
    return prompt;
  }();
  const std::vector<TokenId> second_ = Prompt(50'000);
};

TEST_F(CacheCareTest, IsDueAfterABatchAndThenSeldom) {
  EXPECT_EQ(care_.DueIn(), std::nullopt);
  Ask(first_);
  EXPECT_EQ(care_.DueIn(), 2s);
  care_.Work(kNobody);
  EXPECT_EQ(care_.DueIn(), 1min);  // for prefixes that grow old
  now_ += scheduler::Instant{61'000'000};
  Step({});
  EXPECT_EQ(care_.DueIn(), std::nullopt);
}

TEST_F(CacheCareTest, WhatIsLeftOfAFullCacheMovesTogether) {
  FillAndForget();
  const auto before = decoder_.cells;
  ASSERT_EQ(before.size(), 2U);
  care_.Work(kNobody);
  EXPECT_EQ(care_.compactions(), 1U);
  EXPECT_EQ(decoder_.clears, 1);
  EXPECT_EQ(decoder_.cells, before);
  EXPECT_EQ(Ask(first_), 599U);
  care_.Work(kNobody);
  EXPECT_EQ(care_.compactions(), 1U) << "there was nothing to win";
}

TEST_F(CacheCareTest, ACacheInUseStaysAsItIs) {
  for (TokenId i = 1; i <= 10; ++i) Ask(Prompt(1'000 * i));
  care_.Work(kNobody);
  EXPECT_EQ(decoder_.clears, 0);
}

TEST_F(CacheCareTest, ACacheThatCannotBeFilledAgainIsEmpty) {
  FillAndForget();
  decoder_.load_fails = true;
  care_.Work(kNobody);
  EXPECT_TRUE(decoder_.cells.empty());
  EXPECT_EQ(scheduler_.GetStats().cells_used, 0U);
  decoder_.load_fails = false;
  EXPECT_EQ(Ask(first_), 0U);
  EXPECT_EQ(Ask(first_), 599U);
}

TEST_F(CacheCareTest, WhatIsTooMuchToMoveIsNotCopiedToFindThatOut) {
  FillAndForget();
  decoder_.cell_bytes = CacheCare::kMovedBytesMax / 300;
  const auto before = decoder_.cells;
  care_.Work(kNobody);
  EXPECT_EQ(decoder_.clears, 0);
  EXPECT_EQ(decoder_.cells, before);
  EXPECT_LE(decoder_.largest_save, 64U * decoder_.cell_bytes);
}

class KeepingCacheCareTest : public CacheCareTest {
 protected:
  void SetUp() override { Open(1'000'000'000); }
  void Open(uint64_t bytes_max) {
    kept_.reset();
    store_.reset();
    auto store = PrefixStore::Open({.folder = folder_.path() / "store",
                                    .bytes_max = bytes_max,
                                    .queued_bytes_max = 2'000,
                                    .disk_bytes_min = 0});
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    kept_ = std::make_unique<KeptPrefixes>(*store_, std::vector<std::string>{"the model"});
  }
  CacheCare& Care() {
    if (!keeping_) keeping_.emplace(decoder_, scheduler_, kept_.get(), 2s);
    return *keeping_;
  }
  size_t KeptOf(const std::vector<TokenId>& text) {
    store_->Flush();
    return store_->Find(BlockKeys(RootKey("the model", 0), text));
  }

  TemporaryFolder folder_;
  std::unique_ptr<PrefixStore> store_;
  std::unique_ptr<KeptPrefixes> kept_;
  std::optional<CacheCare> keeping_;
};

TEST_F(KeepingCacheCareTest, AllOfWhatWasWantedAgainIsSavedThoughLittleMayWait) {
  Ask(first_);
  Ask(first_);
  Care().NoteBatch(1);
  Care().Work(kNobody);
  EXPECT_EQ(KeptOf(first_), 600 / kBlockTokens);
  EXPECT_EQ(store_->GetCounts().failed_total, 0U);
}

TEST_F(KeepingCacheCareTest, SavingEndsWhenSomebodyAsksAndGoesOnLater) {
  Ask(first_);
  Ask(first_);
  Care().NoteBatch(1);
  int asked = 0;
  Care().Work([&] { return ++asked > 3; });
  EXPECT_LT(store_->GetCounts().blocks, 600 / kBlockTokens);
  EXPECT_EQ(Care().DueIn(), 2s);
  Care().Work(kNobody);
  EXPECT_EQ(KeptOf(first_), 600 / kBlockTokens);
}

TEST_F(KeepingCacheCareTest, AStopKeepsWhatIsWorthMostWhereRoomIsShort) {
  Open(7'000);  // of blocks of 576 bytes: those of two texts are 18
  const std::vector<TokenId> once = Prompt(1'000);
  const std::vector<TokenId> twice = Prompt(2'000);
  Ask(twice);
  Ask(twice);
  Ask(once);
  Care().SaveAll(SystemClock().Monotonic() + 1min, SystemClock());
  EXPECT_EQ(KeptOf(twice), 600 / kBlockTokens);
  EXPECT_LT(KeptOf(once), 600 / kBlockTokens);
}

TEST_F(CacheCareTest, AnEmptyCacheGivesItsMemoryBack) {
  for (TokenId i = 1; i <= 10; ++i) Ask(Prompt(1'000 * i));
  now_ += scheduler::Instant{61'000'000};
  Step({});
  EXPECT_EQ(scheduler_.GetStats().cells_used, 0U);
  care_.Work(kNobody);
  EXPECT_EQ(decoder_.clears, 1);
}

}  // namespace
}  // namespace bedplate::engine
