#include "engine/inference/inference_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/testing/temporary_folder.h"

namespace bedplate::engine {
namespace {

using namespace std::chrono_literals;

constexpr size_t kVocabulary = 256;
constexpr TokenId kEnd = 0;

// Tokens are bytes.
class ByteVocabulary final : public Vocabulary {
 public:
  static constexpr TokenId kControl = 1;

  void AppendPiece(TokenId token, std::string& out) const override {
    if (token != kControl) out += static_cast<char>(token);
  }
  void AppendControlText(TokenId token, std::string& out) const override {
    out += '<' + std::to_string(token) + '>';
  }
  bool EndsGeneration(TokenId token) const override { return token == kEnd; }
};

// Says the alphabet: after each letter the next, after z the end. Checks that the rows it gets
// are what a real cache could compute: each position follows those the sequence has, and these were
// computed with the same adapter. The n-th adapter leaves n letters out each time.
class AlphabetDecoder final : public Decoder {
 public:
  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>& give_up) override {
    std::unique_lock lock(mutex_);
    ++decodes_;
    while (decodes_ >= held_from_ && !give_up) changed_.wait_for(lock, 1ms);
    if (give_up) {
      ++given_up_;
      return Fail(Fault::kModelError, "given up");
    }
    if (fails_) return Fail(Fault::kModelError, "told to fail");
    logits_.clear();
    for (size_t row = 0; row < rows.tokens.size(); ++row) {
      std::map<int32_t, uint32_t>& cells = cells_[rows.sequences[row]];
      EXPECT_EQ(static_cast<size_t>(rows.positions[row]), cells.size());
      for (const auto& [position, adapter] : cells) EXPECT_EQ(adapter, rows.adapter);
      cells[rows.positions[row]] = rows.adapter;
      std::vector<float> logits(kVocabulary, nan_ ? std::numeric_limits<float>::quiet_NaN() : 0.0F);
      TokenId token = rows.tokens[row];
      if (token < 0) {  // of an image, whose rows are letters
        EXPECT_NE(rows.images[row], nullptr);
        token = static_cast<TokenId>(*rows.images[row]);
        ++image_rows_;
      } else {
        EXPECT_TRUE(rows.images.empty() || rows.images[row] == nullptr);
      }
      const size_t next = static_cast<size_t>(token) + 1 + rows.adapter;
      if (!nan_) logits[token <= 'z' && next > 'z' ? kEnd : next] = 20.0F;
      logits_.push_back(std::move(logits));
    }
    return {};
  }
  std::span<float> Logits(size_t row) override { return logits_[row]; }
  void CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [position, adapter] : cells_[from]) {
      if (position >= begin && position < end) cells_[to][position] = adapter;
    }
  }
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(cells_[sequence],
                  [&](const auto& cell) { return cell.first >= begin && cell.first < end; });
  }

  // A saved cell is its position and its adapter.
  std::vector<std::byte> Save(int32_t sequence, int32_t begin, int32_t end) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::byte> saved;
    for (const auto& [position, adapter] : cells_[sequence]) {
      if (position < begin || position >= end) continue;
      saved.push_back(static_cast<std::byte>(position));
      saved.push_back(static_cast<std::byte>(adapter));
    }
    EXPECT_EQ(saved.size(), 2 * static_cast<size_t>(end - begin)) << "saves what is not there";
    return saved;
  }
  bool Load(std::span<const std::byte> saved, int32_t sequence, int32_t begin,
            int32_t end) override {
    const std::lock_guard lock(mutex_);
    if (load_fails_) return false;
    for (size_t i = 0; i < saved.size(); i += 2) {
      const auto position = static_cast<int32_t>(saved[i]);
      if (position < begin || position >= end) continue;
      EXPECT_FALSE(cells_[sequence].contains(position));
      cells_[sequence][position] = static_cast<uint32_t>(saved[i + 1]);
      ++loaded_cells_;
    }
    return true;
  }

  void Clear() override {
    const std::lock_guard lock(mutex_);
    cells_.clear();
    loaded_cells_ = 0;
  }
  void Hold(bool held) { HoldFrom(held ? 0 : std::numeric_limits<int>::max()); }
  // The n-th batch, and those after it, are not done until another hold.
  void HoldFrom(int number) {
    {
      const std::lock_guard lock(mutex_);
      held_from_ = number;
    }
    changed_.notify_all();
  }
  int decodes() {
    const std::lock_guard lock(mutex_);
    return decodes_;
  }
  int given_up() {
    const std::lock_guard lock(mutex_);
    return given_up_;
  }
  std::atomic<bool> fails_ = false;
  std::atomic<bool> nan_ = false;
  std::atomic<int> image_rows_ = 0;
  std::atomic<int> loaded_cells_ = 0;
  std::atomic<bool> load_fails_ = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int held_from_ = std::numeric_limits<int>::max();
  int decodes_ = 0;
  int given_up_ = 0;
  std::map<int32_t, std::map<int32_t, uint32_t>> cells_;  // adapters by sequence and position
  std::vector<std::vector<float>> logits_;
};

class InferenceLoopTest : public ::testing::Test {
 protected:
  ~InferenceLoopTest() override {
    decoder_.Hold(false);
    loop_.reset();
    for (const auto& [id, answer] : answers_) EXPECT_EQ(answer.endings, 1) << "request " << id;
  }

  struct Answer {
    std::string text;
    Progress last;
    int endings = 0;
    int pieces = 0;
  };

  InferenceLoop& Loop() {
    if (!loop_) {
      scheduler::Config config;
      config.cells = 512;
      config.context_tokens_max = 128;
      config.sequences = 16;
      config.running_max = 8;
      config.batch_tokens_max = 32;
      config.mixed_prompt_tokens_max = 16;
      config.saves_evicted = kept_ != nullptr;
      loop_ = std::make_unique<InferenceLoop>(
          decoder_, vocabulary_, config,
          [this](std::vector<Progress> news) { Take(std::move(news)); }, counters_,
          LoopHelpers{.kept = kept_.get()});
    }
    return *loop_;
  }

  void Take(std::vector<Progress> news) {
    {
      const std::lock_guard lock(mutex_);
      for (Progress& progress : news) {
        Answer& answer = answers_[progress.id];
        EXPECT_EQ(answer.endings, 0) << "news after the end";
        answer.text += progress.text;
        ++answer.pieces;
        if (progress.ending != Ending::kNone) {
          ++answer.endings;
          answer.last = std::move(progress);
        }
      }
    }
    changed_.notify_all();
  }

  RequestId Submit(const std::string& prompt, std::vector<std::string> stops = {},
                   uint32_t new_tokens_max = 100, scheduler::AdapterId adapter = 0) {
    Generation generation;
    generation.adapter = adapter;
    generation.id = ++ids_;
    generation.prompt.assign(prompt.begin(), prompt.end());
    generation.new_tokens_max = new_tokens_max;
    generation.sampling.temperature = 0;
    generation.stops = std::move(stops);
    EXPECT_TRUE(Loop().Submit(std::move(generation)));
    return ids_;
  }

  RequestId SubmitHeld(const std::string& prompt, std::shared_ptr<TokenConstraint> constraint,
                       std::vector<TokenId> shown = {}) {
    Generation generation;
    generation.id = ++ids_;
    generation.prompt.assign(prompt.begin(), prompt.end());
    generation.new_tokens_max = 100;
    generation.sampling.temperature = 0;
    generation.constraint = std::move(constraint);
    generation.shown = std::move(shown);
    EXPECT_TRUE(Loop().Submit(std::move(generation)));
    return ids_;
  }

  Answer Wait(RequestId id) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return answers_[id].endings > 0; }));
    return answers_[id];
  }
  // As a new process would find it.
  void Restart() {
    loop_.reset();
    kept_.reset();
    store_.reset();
    decoder_.Clear();
    auto store =
        PrefixStore::Open({.folder = folder_.path(), .bytes_max = 1'000'000, .disk_bytes_min = 0});
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    kept_ = std::make_unique<KeptPrefixes>(
        *store_, std::vector<std::string>{"the model", "with an adapter"});
  }

  TemporaryFolder folder_;
  std::unique_ptr<PrefixStore> store_;
  std::unique_ptr<KeptPrefixes> kept_;
  AlphabetDecoder decoder_;
  ByteVocabulary vocabulary_;
  Counters counters_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<RequestId, Answer> answers_;
  RequestId ids_ = 0;
  std::unique_ptr<InferenceLoop> loop_;
};

TEST_F(InferenceLoopTest, LearnsHowLongBatchesTake) {
  EXPECT_EQ(Wait(Submit("a")).text, "bcdefghijklmnopqrstuvwxyz");
  Wait(Submit("xyz"));  // told of after the counters
  EXPECT_GT(counters_.batch_seconds[0], 0);
  EXPECT_GE(counters_.batch_seconds[9], counters_.batch_seconds[0]);
  EXPECT_GE(counters_.seen_seconds, 0);
}

TEST_F(InferenceLoopTest, AnswersUntilTheModelEnds) {
  const Answer answer = Wait(Submit("say t"));
  EXPECT_EQ(answer.text, "uvwxyz");
  EXPECT_EQ(answer.last.ending, Ending::kEndOfTurn);
  EXPECT_EQ(answer.last.prompt_tokens, 5U);
  EXPECT_EQ(answer.last.new_tokens, 7U);  // the end token too
  EXPECT_EQ(answer.last.cached_tokens, 0U);
}

TEST_F(InferenceLoopTest, ARestartKeepsWarmPrompts) {
  Restart();
  const std::string prompt = std::string(100, '-') + "t";
  EXPECT_EQ(Wait(Submit(prompt)).last.cached_tokens, 0U);
  Restart();
  const Answer answer = Wait(Submit(prompt));
  EXPECT_EQ(answer.text, "uvwxyz");
  EXPECT_EQ(answer.last.cached_tokens, kBlockTokens);
  EXPECT_EQ(decoder_.loaded_cells_, static_cast<int>(kBlockTokens));
  EXPECT_EQ(counters_.loaded_tokens.load(), kBlockTokens);
  // In the cache by now.
  EXPECT_EQ(Wait(Submit(prompt)).last.cached_tokens, 100U);
  // What an adapter makes of a text is another thing.
  EXPECT_EQ(Wait(Submit(prompt, {}, 100, 1)).last.cached_tokens, 0U);
}

TEST_F(InferenceLoopTest, OneLoadServesAllWhoWaitForIt) {
  Restart();
  const std::string prompt(100, '-');
  Wait(Submit(prompt + "a"));
  Restart();
  decoder_.Hold(true);  // the first request is being computed while the others come
  const RequestId first = Submit("x");
  std::vector<RequestId> ids;
  for (const char letter : {'w', 'x', 'y'}) ids.push_back(Submit(prompt + letter));
  decoder_.Hold(false);
  Wait(first);
  for (const RequestId id : ids) EXPECT_GE(Wait(id).last.cached_tokens, kBlockTokens);
  EXPECT_EQ(decoder_.loaded_cells_, static_cast<int>(kBlockTokens));
}

TEST_F(InferenceLoopTest, SpoiltPrefixesAreComputedAnew) {
  Restart();
  const std::string prompt = std::string(100, '-') + "t";
  Wait(Submit(prompt));
  Restart();
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    std::filesystem::resize_file(file.path(), 70);
  }
  const Answer answer = Wait(Submit(prompt));
  EXPECT_EQ(answer.text, "uvwxyz");
  EXPECT_EQ(answer.last.cached_tokens, 0U);
  EXPECT_EQ(decoder_.loaded_cells_, 0);
}

TEST_F(InferenceLoopTest, WhatIsWantedAgainOutlivesTheCache) {
  Restart();
  const std::string prompt(100, '-');
  Wait(Submit(prompt + "x"));
  Wait(Submit(prompt + "y"));
  // Each fills a fifth of the cache; those that nobody wants again go first, then the oldest.
  for (char letter = 'a'; letter < 'k'; ++letter) Wait(Submit(std::string(100, letter) + "z"));
  EXPECT_EQ(store_->GetCounts().blocks, 0U);
  for (char letter = 'k'; letter < 'u'; ++letter) {
    Wait(Submit(std::string(100, letter) + "z"));
    Wait(Submit(std::string(100, letter) + "y"));
  }
  EXPECT_GT(store_->GetCounts().blocks, 1U);
  EXPECT_EQ(Wait(Submit(prompt + "w")).last.cached_tokens, kBlockTokens);
  EXPECT_EQ(decoder_.loaded_cells_, static_cast<int>(kBlockTokens));
}

TEST_F(InferenceLoopTest, WhatIsLeftInTheCacheAndWhatIsKeptMakeOneText) {
  Restart();
  const std::string text(126, '-');
  Wait(Submit(text + "x", {}, 1));
  Wait(Submit(text + "x", {}, 1));
  // Others take the place of its end, not of its beginning.
  uint64_t evicted = 0;
  for (char letter = 'a'; evicted == 0 && letter < 'z'; ++letter) {
    Wait(Submit(std::string(30, letter) + "z", {}, 1));
    evicted = counters_.evicted_tokens.load();
    if (evicted == 0) Wait(Submit(std::string(30, letter) + "z", {}, 1));
  }
  ASSERT_GT(evicted, 0U);
  ASSERT_LT(evicted, 126 - kBlockTokens);
  store_->Flush();
  EXPECT_EQ(store_->Find(BlockKeys(RootKey("the model", 0), std::vector<TokenId>(126, '-'))), 1U);
}

TEST_F(InferenceLoopTest, ABlockThatCannotBeLoadedIsComputedAndWrittenAnew) {
  Restart();
  const std::string prompt = std::string(100, '-') + "t";
  Wait(Submit(prompt));
  Restart();
  decoder_.load_fails_ = true;
  EXPECT_EQ(Wait(Submit(prompt)).last.cached_tokens, 0U);
  store_->Flush();
  EXPECT_EQ(store_->GetCounts().blocks, 0U);
  EXPECT_EQ(store_->GetCounts().failed_total, 1U);
  decoder_.load_fails_ = false;
  Restart();
  EXPECT_EQ(Wait(Submit(prompt)).last.cached_tokens, kBlockTokens);
}

TEST_F(InferenceLoopTest, StopSequencesAreNotShown) {
  const Answer answer = Wait(Submit("a", {"xyz", "ijk"}));
  EXPECT_EQ(answer.text, "bcdefgh");
  EXPECT_EQ(answer.last.ending, Ending::kStopSequence);
  EXPECT_EQ(answer.last.stop_sequence, "ijk");
  EXPECT_EQ(answer.last.new_tokens, 10U);
}

TEST_F(InferenceLoopTest, HeldBackTextIsGivenAtTheEnd) {
  const Answer answer = Wait(Submit("a", {"efX"}, 5));
  EXPECT_EQ(answer.text, "bcdef");
  EXPECT_EQ(answer.last.ending, Ending::kLength);
  EXPECT_EQ(answer.last.new_tokens, 5U);
}

TEST_F(InferenceLoopTest, ManyAtOnceEachGetTheirOwn) {
  std::map<RequestId, char> asked;
  for (int i = 0; i < 40; ++i) {
    const char letter = static_cast<char>('a' + i % 20);
    asked[Submit(std::string("prefix ") + letter)] = letter;
  }
  for (const auto& [id, letter] : asked) {
    std::string expected;
    for (char c = static_cast<char>(letter + 1); c <= 'z'; ++c) expected += c;
    EXPECT_EQ(Wait(id).text, expected);
  }
  EXPECT_GT(counters_.cached_tokens.load(), 0U);
}

TEST_F(InferenceLoopTest, ACachedPromptIsReported) {
  const std::string prompt(100, 'y');
  EXPECT_EQ(Wait(Submit(prompt + "y")).last.cached_tokens, 0U);
  const Answer again = Wait(Submit(prompt + "x"));
  EXPECT_EQ(again.text, "yz");
  EXPECT_EQ(again.last.prompt_tokens, 101U);
  EXPECT_EQ(again.last.cached_tokens, 100U);
}

TEST_F(InferenceLoopTest, AdaptersAnswerSideBySideAndShareNoPrefix) {
  const std::string prompt = std::string(60, 'a') + "q";
  const std::string texts[] = {"rstuvwxyz", "suwy", "twz"};
  for (const uint32_t cached : {0U, 60U}) {
    decoder_.Hold(true);
    std::vector<RequestId> ids;
    for (scheduler::AdapterId adapter = 0; adapter < 3; ++adapter) {
      ids.push_back(Submit(prompt, {}, 100, adapter));
    }
    decoder_.Hold(false);
    for (size_t adapter = 0; adapter < 3; ++adapter) {
      const Answer answer = Wait(ids[adapter]);
      EXPECT_EQ(answer.text, texts[adapter]);
      EXPECT_EQ(answer.last.cached_tokens, cached) << "of adapter " << adapter;
    }
  }
}

TEST_F(InferenceLoopTest, TextComesAsItIsMade) {
  decoder_.Hold(true);
  const RequestId id = Submit("a");
  decoder_.Hold(false);
  EXPECT_EQ(Wait(id).pieces, 26);  // 25 letters, one each, and the end
}

// A text, and behind it an image whose rows are these letters.
Generation WithImage(RequestId id, const std::string& text, const std::string& letters,
                     TokenId image) {
  Generation generation;
  generation.id = id;
  generation.prompt.assign(text.begin(), text.end());
  generation.images.push_back(
      {.begin = static_cast<uint32_t>(text.size()),
       .positions = static_cast<uint32_t>(letters.size()),
       .rows = std::make_shared<const ImageRows>(letters.begin(), letters.end())});
  generation.prompt.insert(generation.prompt.end(), letters.size(), image);
  generation.new_tokens_max = 100;
  generation.sampling.temperature = 0;
  return generation;
}

TEST_F(InferenceLoopTest, AnImagesPositionsAreComputedFromItsRows) {
  ASSERT_TRUE(Loop().Submit(WithImage(1, "see ", "abcw", -5)));
  const Answer answer = Wait(1);
  EXPECT_EQ(answer.text, "xyz");
  EXPECT_EQ(answer.last.prompt_tokens, 8U);
  EXPECT_EQ(decoder_.image_rows_, 4);
}

TEST_F(InferenceLoopTest, TheSameImageIsFoundAgainAndAnotherIsNot) {
  const std::string many = std::string(50, 'a') + "w";
  ASSERT_TRUE(Loop().Submit(WithImage(1, "", many, -5)));
  EXPECT_EQ(Wait(1).text, "xyz");
  ASSERT_TRUE(Loop().Submit(WithImage(2, "", many, -5)));
  EXPECT_EQ(Wait(2).last.cached_tokens, 50U);
  EXPECT_EQ(Wait(2).text, "xyz");
  const std::string other = std::string(50, 'b') + "v";
  ASSERT_TRUE(Loop().Submit(WithImage(3, "", other, -6)));
  EXPECT_EQ(Wait(3).last.cached_tokens, 0U);
  EXPECT_EQ(Wait(3).text, "wxyz");
}

TEST_F(InferenceLoopTest, CancelFreesTheRequest) {
  decoder_.Hold(true);
  const RequestId id = Submit("a");
  const RequestId other = Submit("w");
  Loop().Cancel(id);
  Loop().Cancel(id);
  Loop().Cancel(999);
  decoder_.Hold(false);
  EXPECT_EQ(Wait(id).last.ending, Ending::kCancelled);
  EXPECT_EQ(Wait(other).text, "xyz");
  Wait(Submit("y"));
  EXPECT_EQ(counters_.running.load(), 0U);
}

TEST_F(InferenceLoopTest, ABatchThatNobodyWaitsForIsGivenUp) {
  decoder_.Hold(true);
  const RequestId id = Submit("a");
  while (decoder_.decodes() == 0) std::this_thread::yield();
  Loop().Cancel(id);  // while the batch is computed, which would go on for ever
  EXPECT_EQ(Wait(id).last.ending, Ending::kCancelled);
  EXPECT_EQ(decoder_.given_up(), 1);
  decoder_.Hold(false);
  EXPECT_EQ(Wait(Submit("w")).text, "xyz");
}

TEST_F(InferenceLoopTest, ABatchThatOthersWaitForGoesOn) {
  decoder_.Hold(true);
  const RequestId first = Submit("c");
  while (decoder_.decodes() == 0) std::this_thread::yield();
  const RequestId left = Submit("a");
  const RequestId stays = Submit("v");
  // Batch 4 has all three: those that came later have letters left to say.
  decoder_.HoldFrom(4);
  while (decoder_.decodes() < 4) std::this_thread::yield();
  Loop().Cancel(left);
  Loop().Cancel(first);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(decoder_.given_up(), 0);
  decoder_.Hold(false);
  EXPECT_EQ(Wait(stays).text, "wxyz");
}

TEST_F(InferenceLoopTest, AFailedBatchEndsItsRequestsAndNoOthers) {
  decoder_.fails_ = true;
  EXPECT_EQ(Wait(Submit("a")).last.ending, Ending::kFailed);
  decoder_.fails_ = false;
  EXPECT_EQ(Wait(Submit("x")).text, "yz");
}

TEST_F(InferenceLoopTest, LogitsThatAreNoNumbersFailTheRequest) {
  decoder_.nan_ = true;
  const Answer answer = Wait(Submit("a"));
  EXPECT_EQ(answer.last.ending, Ending::kFailed);
  EXPECT_EQ(answer.text, "");
}

// Allows the tokens of a text, one after the other, and then the end.
class OnlyText final : public TokenConstraint {
 public:
  explicit OnlyText(std::string text) : text_(std::move(text)) {}
  bool Allows(TokenId token) override { return !exhausted_ && token == Wanted(); }
  void Mask(std::span<float> logits) override {
    for (size_t i = 0; i < logits.size(); ++i) {
      if (!Allows(static_cast<TokenId>(i))) logits[i] = -std::numeric_limits<float>::infinity();
    }
  }
  void Accept(TokenId token) override {
    EXPECT_EQ(token, Wanted());
    ++at_;
  }
  bool exhausted() const override { return exhausted_; }

  bool exhausted_ = false;

 private:
  TokenId Wanted() const { return at_ < text_.size() ? text_[at_] : kEnd; }

  std::string text_;
  size_t at_ = 0;
};

TEST_F(InferenceLoopTest, AConstraintDecidesWhatTheModelMaySay) {
  const Answer answer = Wait(SubmitHeld("a", std::make_shared<OnlyText>("bcxq!")));
  EXPECT_EQ(answer.text, "bcxq!");
  EXPECT_EQ(answer.last.ending, Ending::kEndOfTurn);
  EXPECT_EQ(Wait(Submit("x")).text, "yz");
}

TEST_F(InferenceLoopTest, AConstraintThatIsExhaustedEndsItsAnswer) {
  auto constraint = std::make_shared<OnlyText>("bc");
  constraint->exhausted_ = true;
  EXPECT_EQ(Wait(SubmitHeld("a", constraint)).last.ending, Ending::kTooComplex);
}

TEST_F(InferenceLoopTest, ControlTokensAreShownWhereTheAnswerNeedsThem) {
  constexpr auto kHidden = static_cast<char>(ByteVocabulary::kControl);
  const std::string text = {'b', kHidden, 'c'};
  EXPECT_EQ(Wait(SubmitHeld("a", std::make_shared<OnlyText>(text))).text, "bc");
  EXPECT_EQ(Wait(SubmitHeld("a", std::make_shared<OnlyText>(text), {kHidden})).text, "b<1>c");
}

TEST_F(InferenceLoopTest, TooLongAPromptIsRefusedUncomputed) {
  EXPECT_EQ(Wait(Submit(std::string(128, 'a'))).last.ending, Ending::kContextLengthExceeded);
  EXPECT_EQ(decoder_.decodes(), 0);
}

TEST_F(InferenceLoopTest, StoppingTellsWhoWaits) {
  decoder_.Hold(true);
  const RequestId id = Submit("a");
  std::thread stopper([&] { loop_.reset(); });
  decoder_.Hold(false);
  stopper.join();
  const Ending ending = Wait(id).last.ending;
  EXPECT_TRUE(ending == Ending::kCancelled || ending == Ending::kEndOfTurn) << Name(ending);
}

}  // namespace
}  // namespace bedplate::engine
