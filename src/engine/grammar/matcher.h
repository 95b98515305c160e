// Matcher: follows a grammar along a text, byte by byte, with all its possibilities at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/grammar/grammar.h"

namespace bedplate::engine {

// Where in a grammar a text may be. Cheap to copy; belongs to the Matcher that made it.
struct MatchState {
  // What may follow, each a stack of symbols; kEmptyStack among them: the text may end here.
  std::vector<uint32_t> stacks;
  uint32_t partial = 0;  // bits of a character whose last `missing` bytes are not there yet
  uint8_t missing = 0;
};

// Not thread-safe: the stacks that its states name are kept in it. What a hostile grammar may
// cost is bounded: beyond the limits exhausted() becomes true and everything is refused.
class Matcher {
 public:
  static constexpr size_t kStacksMax = 2'000;     // possibilities at one place of a text
  static constexpr size_t kNodesMax = 1'000'000;  // of stacks, over the whole text
  // Steps (10 to 20 ns each) in hand at the beginning, and added for each token: enough for a walk
  // over a large vocabulary now and then, but not for one each time.
  static constexpr int64_t kStepsMax = 5'000'000;
  static constexpr int64_t kStepsForToken = 100'000;

  explicit Matcher(std::shared_ptr<const Grammar> grammar);

  MatchState Start();
  // The state after one more byte; false when no text of the grammar goes on with it, and then
  // `next` is not to be used. `next` may not be `state`.
  bool Advance(const MatchState& state, uint8_t byte, MatchState& next);
  // The same for several; `state` is changed only when all of them fit.
  bool Advance(MatchState& state, std::string_view bytes);
  static bool MayEnd(const MatchState& state);
  // Nothing may follow any more.
  static bool MustEnd(const MatchState& state);

  // The text goes on by one token.
  void AllowToken() { steps_left_ = std::min(kStepsMax, steps_left_ + kStepsForToken); }
  bool exhausted() const { return exhausted_; }

 private:
  // A stack is its topmost node, the stack below it and so on; equal stacks are one node.
  struct Node {
    uint32_t position;
    uint32_t below;
  };
  static constexpr uint32_t kEmptyStack = 0;

  uint32_t Push(uint32_t position, uint32_t below);
  uint32_t PushRest(uint32_t position, uint32_t below);
  void Expand(uint32_t stack, std::vector<uint32_t>& out);
  bool Step(const MatchState& state, uint32_t character, MatchState& next);
  bool MayGoOn(const MatchState& state, uint32_t low, uint32_t high) const;
  const CharacterSet& SetOf(uint32_t stack) const;

  std::shared_ptr<const Grammar> grammar_;
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> index_;
  std::vector<uint32_t> work_;
  // Which call of Step saw a node last, so that each is followed once.
  std::vector<uint32_t> seen_;
  uint32_t round_ = 0;
  int64_t steps_left_ = kStepsMax;
  bool exhausted_ = false;
};

}  // namespace bedplate::engine
