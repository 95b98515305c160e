// Answers with drafts and without have to be equal: the real loop and scheduler over a decoder
// whose logits are a function of the tokens in the cache.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "engine/inference/inference_loop.h"
#include "engine/speculation/speculator.h"

namespace bedplate::engine {
namespace {

using namespace std::chrono_literals;

constexpr size_t kVocabulary = 16;
constexpr TokenId kEnd = 0;

class LetterVocabulary final : public Vocabulary {
 public:
  void AppendPiece(TokenId token, std::string& out) const override {
    if (token != kEnd) out += static_cast<char>('a' + token);
  }
  void AppendControlText(TokenId, std::string&) const override {}
  bool EndsGeneration(TokenId token) const override { return token == kEnd; }
};

// The last two tokens say what follows.
std::vector<float> LogitsBehind(TokenId before, TokenId last) {
  std::vector<float> logits(kVocabulary);
  for (uint32_t i = 0; i < kVocabulary; ++i) {
    const uint32_t mixed = static_cast<uint32_t>(last) * 31 + static_cast<uint32_t>(before) * 17;
    logits[i] = static_cast<float>((((mixed + i * 101) * 2654435761U) >> 16) % 97) / 12.0F;
  }
  logits[kEnd] -= 3.0F;
  return logits;
}

// So its texts come to repeat themselves.
class ChainDecoder final : public Decoder {
 public:
  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>& /*give_up*/) override {
    ++decodes;
    logits_.clear();
    for (size_t row = 0; row < rows.tokens.size(); ++row) {
      std::map<int32_t, TokenId>& cells = cells_[rows.sequences[row]];
      const int32_t position = rows.positions[row];
      EXPECT_EQ(static_cast<size_t>(position), cells.size()) << "a hole, or a refused cell";
      cells[position] = rows.tokens[row];
      logits_.push_back(LogitsBehind(position > 0 ? cells[position - 1] : 0, rows.tokens[row]));
    }
    return {};
  }
  std::span<float> Logits(size_t row) override { return logits_[row]; }
  void Clear() override { cells_.clear(); }
  void CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) override {
    for (const auto& [position, token] : cells_[from]) {
      if (position >= begin && position < end) cells_[to][position] = token;
    }
  }
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) override {
    std::erase_if(cells_[sequence],
                  [&](const auto& cell) { return cell.first >= begin && cell.first < end; });
  }

  int decodes = 0;

 private:
  std::map<int32_t, std::map<int32_t, TokenId>> cells_;  // by sequence, then position
  std::vector<std::vector<float>> logits_;
};

// Right as long as the likeliest token is drawn, but for every third guess.
class RoughDrafter final : public Drafter {
 public:
  void Draft(uint64_t /*id*/, std::span<const TokenId> tokens, size_t most,
             std::vector<TokenId>& draft) override {
    TokenId before = tokens.size() > 1 ? tokens[tokens.size() - 2] : 0;
    TokenId last = tokens.back();
    for (size_t i = 0; i < most; ++i) {
      const std::vector<float> logits = LogitsBehind(before, last);
      const auto likeliest = std::ranges::max_element(logits) - logits.begin();
      draft.push_back(++guesses_ % 3 == 0 ? 1 : static_cast<TokenId>(likeliest));
      before = std::exchange(last, draft.back());
    }
  }
  void Forget(uint64_t /*id*/) override {}

 private:
  uint32_t guesses_ = 0;
};

// Every fourth token may stand at even places alone.
class EvenVowels final : public TokenConstraint {
 public:
  bool Allows(TokenId token) override { return token % 4 != 0 || token == kEnd || even_; }
  void Mask(std::span<float> logits) override {
    for (size_t i = 0; i < logits.size(); ++i) {
      if (!Allows(static_cast<TokenId>(i))) logits[i] = -std::numeric_limits<float>::infinity();
    }
  }
  void Accept(TokenId /*token*/) override { even_ = !even_; }
  bool exhausted() const override { return false; }

 private:
  bool even_ = true;
};

struct Answer {
  std::string text;
  Ending ending = Ending::kNone;
  std::string stop_sequence;
  uint32_t new_tokens = 0;
  std::vector<std::tuple<TokenId, float>> log_probabilities;
  auto operator<=>(const Answer&) const = default;
};

std::vector<Generation> MakeRequests(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  std::vector<Generation> requests(1 + below(6));
  for (size_t i = 0; i < requests.size(); ++i) {
    Generation& request = requests[i];
    request.id = i + 1;
    for (uint32_t t = 2 + below(30); t > 0; --t) {
      request.prompt.push_back(static_cast<TokenId>(1 + below(kVocabulary - 1)));
    }
    request.new_tokens_max = 1 + below(60);
    request.sampling.temperature = below(3) == 0 ? 0.7F : 0.0F;
    request.sampling.seed = seed;
    if (below(4) == 0) request.sampling.repeat_penalty = 1.2F;
    if (below(4) == 0) request.sampling.frequency_penalty = 0.3F;
    if (below(3) == 0) request.top_log_probabilities = below(3);
    if (below(3) == 0)
      request.stops = {std::string(1, static_cast<char>('a' + below(16))) + "c", "fg"};
    if (below(4) == 0) request.constraint = std::make_shared<EvenVowels>();
  }
  return requests;
}

// All of them at once.
std::map<RequestId, Answer> AnswersTo(uint32_t seed, Speculator* speculator, Counters& counters,
                                      int* decodes = nullptr) {
  ChainDecoder decoder;
  const LetterVocabulary vocabulary;
  scheduler::Config config{.cells = 256, .context_tokens_max = 80, .sequences = 16};
  config.running_max = 8;
  config.batch_tokens_max = 32;
  config.new_tokens_expected = 8;
  config.extension_tokens = 4;
  config.speculating_max = speculator == nullptr ? 0 : 4;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<RequestId, Answer> answers;
  std::vector<Generation> requests = MakeRequests(seed);
  const size_t count = requests.size();
  size_t ended = 0;
  {
    InferenceLoop loop(decoder, vocabulary, config,
                       [&](std::vector<Progress> news) {
                         const std::lock_guard lock(mutex);
                         for (Progress& progress : news) {
                           Answer& answer = answers[progress.id];
                           answer.text += progress.text;
                           for (const StepLogProbabilities& step : progress.steps) {
                             answer.log_probabilities.emplace_back(step.chosen.token,
                                                                   step.chosen.log_probability);
                           }
                           if (progress.ending == Ending::kNone) continue;
                           answer.ending = progress.ending;
                           answer.stop_sequence = progress.stop_sequence;
                           answer.new_tokens = progress.new_tokens;
                           ++ended;
                         }
                         changed.notify_all();
                       },
                       counters, {.speculator = speculator});
    for (Generation& request : requests) EXPECT_TRUE(loop.Submit(std::move(request)));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 10s, [&] { return ended == count; }));
  }
  if (decodes != nullptr) *decodes = decoder.decodes;
  return answers;
}

TEST(Speculation, AnswersAreEqualWithAndWithoutDrafts) {
  RoughDrafter rough;
  uint64_t drafted = 0;
  uint64_t accepted = 0;
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Counters plain;
    Counters counters;
    Speculator speculator(/*looks_up=*/seed % 4 != 0, seed % 2 == 0 ? &rough : nullptr);
    const auto expected = AnswersTo(seed, nullptr, plain);
    ASSERT_EQ(AnswersTo(seed, &speculator, counters), expected) << "seed " << seed;
    EXPECT_EQ(plain.drafted_tokens.load(), 0U);
    EXPECT_EQ(plain.new_tokens.load(), counters.new_tokens.load());
    drafted += counters.drafted_tokens.load();
    accepted += counters.accepted_tokens.load();
  }
  // Drafts that were right and others, or nothing is proven.
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(drafted, accepted + 1000);
}

TEST(Speculation, ATextThatRepeatsItselfTakesFewerComputations) {
  // The first seed whose only answer is long.
  Counters counters;
  for (uint32_t seed = 1; seed < 200; ++seed) {
    int plain = 0;
    const auto answers = AnswersTo(seed, nullptr, counters, &plain);
    if (answers.size() != 1 || answers.begin()->second.new_tokens < 40) continue;
    Speculator speculator(true);
    int drafted = 0;
    AnswersTo(seed, &speculator, counters, &drafted);
    EXPECT_LT(2 * drafted, plain);
    return;
  }
  FAIL() << "no seed";
}

}  // namespace
}  // namespace bedplate::engine
