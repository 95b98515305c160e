#include "engine/inference/batch_profile.h"

#include <atomic>
#include <numeric>

namespace bedplate::engine {
namespace {

// The next size is at most so many times the last: eight at first, as rows beside the first cost
// little.
constexpr uint32_t kFirstStep = 8;
constexpr uint32_t kStep = 4;
// A model whose very first row takes longer than so many budgets is not asked for another.
constexpr int kFirstRowBudgets = 5;
constexpr uint32_t kTokenStride = 7919;  // a prime: tokens from all over the vocabulary

using Duration = MonotonicTime::duration;

class Profile {
 public:
  Profile(Decoder& decoder, const ProfileOptions& options, const Clock& clock)
      : decoder_(decoder), options_(options), clock_(clock) {}

  // Negative when the batch failed.
  Duration Time(uint32_t rows) {
    std::vector<TokenId> tokens(rows);
    for (uint32_t i = 0; i < rows; ++i) {
      tokens[i] = static_cast<TokenId>(uint64_t{i} * kTokenStride % options_.vocabulary_size);
    }
    std::vector<int32_t> positions(rows);
    std::iota(positions.begin(), positions.end(), 0);
    const std::vector<int32_t> sequences(rows, 0);
    std::vector<int8_t> outputs(rows, 0);
    outputs.back() = 1;
    const MonotonicTime begin = clock_.Monotonic();
    const Result<void> decoded = decoder_.Decode(
        {.tokens = tokens, .positions = positions, .sequences = sequences, .outputs = outputs},
        never_);
    // Asked for the result, as a computation may be under way until then.
    const bool done = decoded && !decoder_.Logits(rows - 1).empty();
    const Duration took = clock_.Monotonic() - begin;
    decoder_.RemoveSequence(0, 0, scheduler::kEndOfSequence);
    return done ? took : Duration{-1};
  }

 private:
  Decoder& decoder_;
  const ProfileOptions& options_;
  const Clock& clock_;
  const std::atomic<bool> never_ = false;
};

}  // namespace

std::vector<scheduler::Measured> MeasureBatches(Decoder& decoder, const ProfileOptions& options,
                                                const Clock& clock) {
  std::vector<scheduler::Measured> measured;
  if (options.budget <= Duration{0}) return measured;
  Profile profile(decoder, options, clock);
  Duration took = profile.Time(1);
  if (took > kFirstRowBudgets * options.budget) return measured;
  const MonotonicTime end = clock.Monotonic() + options.budget;
  for (uint32_t rows = 1, step = 1; took >= Duration{0}; rows *= step) {
    took = profile.Time(rows);
    if (took < Duration{0}) break;
    measured.push_back({.rows = rows,
                        .seen = uint64_t{rows} * (rows + 1) / 2,
                        .seconds = std::chrono::duration<double>(took).count()});
    const Duration left = end - clock.Monotonic();
    step = rows == 1 ? kFirstStep : kStep;
    while (step > 1 && (took * step > left || rows * step > options.rows_max)) step /= 2;
    if (step == 1) break;
  }
  return measured;
}

}  // namespace bedplate::engine
