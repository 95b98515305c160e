#include "engine/grammar/matcher.h"

#include <algorithm>
#include <utility>

namespace bedplate::engine {
namespace {

bool BeginsCharacter(uint8_t byte, uint32_t& partial, uint8_t& missing) {
  if (byte >= 0xC2 && byte <= 0xDF) {
    partial = byte & 0x1FU;
    missing = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    partial = byte & 0x0FU;
    missing = 2;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    partial = byte & 0x07U;
    missing = 3;
  } else {
    return false;
  }
  return true;
}

// Whether the bits so far, with `missing` bytes to come after them, may be a character's: in its
// shortest form, no surrogate, none beyond the last.
bool IsShortestForm(uint32_t partial, uint8_t missing) {
  if (missing == 2) return partial >= 0x10 && partial <= 0x10F;
  return partial >= 0x20 && (partial < 0x360 || partial > 0x37F);
}

}  // namespace

Matcher::Matcher(std::shared_ptr<const Grammar> grammar)
    : grammar_(std::move(grammar)), nodes_(1), seen_(1) {}

MatchState Matcher::Start() {
  MatchState state;
  ++round_;
  for (const uint32_t alternative : grammar_->rules[grammar_->root]) {
    Expand(PushRest(alternative, kEmptyStack), state.stacks);
  }
  if (exhausted_) state.stacks.clear();
  return state;
}

uint32_t Matcher::Push(uint32_t position, uint32_t below) {
  const auto [entry, added] =
      index_.try_emplace((uint64_t{position} << 32) | below, static_cast<uint32_t>(nodes_.size()));
  if (!added) return entry->second;
  if (nodes_.size() >= kNodesMax) exhausted_ = true;
  nodes_.push_back({.position = position, .below = below});
  seen_.push_back(0);
  return entry->second;
}

// The stack for what is left of an alternative, which may be nothing.
uint32_t Matcher::PushRest(uint32_t position, uint32_t below) {
  if (grammar_->symbols[position].kind == GrammarSymbol::Kind::kEnd) return below;
  return Push(position, below);
}

// Puts the stacks that `stack` stands for into `out`: those that have a set of characters on top,
// or nothing left.
void Matcher::Expand(uint32_t stack, std::vector<uint32_t>& out) {
  work_.assign(1, stack);
  while (!work_.empty() && !exhausted_) {
    const uint32_t top = work_.back();
    work_.pop_back();
    if (seen_[top] == round_) continue;
    seen_[top] = round_;
    if (--steps_left_ < 0 || out.size() > kStacksMax) exhausted_ = true;
    const GrammarSymbol symbol = grammar_->symbols[nodes_[top].position];
    if (top == kEmptyStack || symbol.kind == GrammarSymbol::Kind::kCharacters) {
      out.push_back(top);
      continue;
    }
    const uint32_t rest = PushRest(nodes_[top].position + 1, nodes_[top].below);
    for (const uint32_t alternative : grammar_->rules[symbol.index]) {
      work_.push_back(PushRest(alternative, rest));
    }
  }
}

const CharacterSet& Matcher::SetOf(uint32_t stack) const {
  return grammar_->sets[grammar_->symbols[nodes_[stack].position].index];
}

bool Matcher::Step(const MatchState& state, uint32_t character, MatchState& next) {
  next.stacks.clear();
  next.partial = 0;
  next.missing = 0;
  ++round_;
  for (const uint32_t stack : state.stacks) {
    --steps_left_;
    if (stack == kEmptyStack || !SetOf(stack).Has(character)) continue;
    Expand(PushRest(nodes_[stack].position + 1, nodes_[stack].below), next.stacks);
  }
  return !exhausted_ && !next.stacks.empty();
}

bool Matcher::MayGoOn(const MatchState& state, uint32_t low, uint32_t high) const {
  return std::ranges::any_of(state.stacks, [&](uint32_t stack) {
    return stack != kEmptyStack && SetOf(stack).HasAnyOf(low, high);
  });
}

bool Matcher::Advance(const MatchState& state, uint8_t byte, MatchState& next) {
  if (exhausted_) return false;
  if (state.missing == 0 && byte < 0x80) return Step(state, byte, next);
  uint32_t partial = 0;
  uint8_t missing = 0;
  if (state.missing > 0) {
    if ((byte & 0xC0) != 0x80) return false;
    partial = (state.partial << 6) | (byte & 0x3FU);
    missing = static_cast<uint8_t>(state.missing - 1);
  } else if (!BeginsCharacter(byte, partial, missing)) {
    return false;
  }
  if (missing == 0) return Step(state, partial, next);
  if (state.missing > 0 && !IsShortestForm(partial, missing)) return false;
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};  // of characters with that many more
  const uint32_t low = std::max(partial << (6 * missing), kLeast[missing]);
  --steps_left_;
  if (!MayGoOn(state, low, ((partial + 1) << (6 * missing)) - 1)) return false;
  next.stacks = state.stacks;
  next.partial = partial;
  next.missing = missing;
  return true;
}

bool Matcher::Advance(MatchState& state, std::string_view bytes) {
  MatchState now = state;
  MatchState next;
  for (const char byte : bytes) {
    if (!Advance(now, static_cast<uint8_t>(byte), next)) return false;
    std::swap(now, next);
  }
  state = std::move(now);
  return true;
}

bool Matcher::MayEnd(const MatchState& state) {
  return state.missing == 0 && std::ranges::find(state.stacks, kEmptyStack) != state.stacks.end();
}

bool Matcher::MustEnd(const MatchState& state) { return MayEnd(state) && state.stacks.size() == 1; }

}  // namespace bedplate::engine
