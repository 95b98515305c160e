#include "engine/grammar/grammar_constraint.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace bedplate::engine {
namespace {

constexpr size_t kNowhere = std::string::npos;

// Where `wanted` begins in `text` at `from` or later; what was looked through before, up to
// `old_size`, is not looked through again.
size_t FindText(std::string_view text, std::string_view wanted, size_t from, size_t old_size) {
  const size_t overlap = std::min(wanted.size(), old_size);
  return text.find(wanted, std::max(from, old_size - overlap));
}

constexpr std::string_view kSpace = " \t\r\n";

// kEnds: the text ends before it can be told.
enum class Fit : uint8_t { kYes, kNo, kEnds };

// Takes what the head has there off the front of `text`, with any space before each part, and adds
// it to `taken`, without that space.
Fit TakeHead(std::string_view& text, std::span<const std::vector<std::string>> head,
             std::string& taken) {
  for (const std::vector<std::string>& choices : head) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    const auto found = std::ranges::find_if(
        choices, [&](const std::string& choice) { return text.starts_with(choice); });
    if (found == choices.end()) {
      const bool may_come = std::ranges::any_of(
          choices, [&](const std::string& choice) { return choice.starts_with(text); });
      return may_come ? Fit::kEnds : Fit::kNo;
    }
    text.remove_prefix(found->size());
    taken += *found;
  }
  return Fit::kYes;
}

}  // namespace

GrammarConstraint::GrammarConstraint(std::shared_ptr<const GrammarRule> rule,
                                     std::shared_ptr<const TokenTexts> tokens)
    : rule_(std::move(rule)), tokens_(std::move(tokens)), matcher_(rule_->grammar) {
  state_ = matcher_.Start();
  if (!matcher_.Advance(state_, rule_->opening)) state_ = {};
  place_.phase = rule_->begins_in_reasoning ? Phase::kReasoning : Phase::kWaiting;
  place_ = Follow(place_, 0);
}

std::string_view GrammarConstraint::TextOf(TokenId token) const {
  const TokenTexts::Entry& entry = tokens_->at(token);
  if (entry.control && std::ranges::find(rule_->shown, token) == rule_->shown.end()) return {};
  return entry.text;
}

size_t GrammarConstraint::FindTrigger(size_t from, size_t old_size) const {
  if (rule_->triggers.empty()) return from;
  size_t first = kNowhere;
  for (const std::string& trigger : rule_->triggers) {
    first = std::min(first, FindText(text_, trigger, from, old_size));
  }
  return first;
}

// Where we are now that text_ has grown from `old_size`.
GrammarConstraint::Place GrammarConstraint::Follow(Place place, size_t old_size) const {
  if (place.phase == Phase::kFree) return place;
  for (;;) {
    if (place.phase == Phase::kReasoning) {
      size_t end = kNowhere;
      size_t length = 0;
      for (const std::string& tag : rule_->reasoning_ends) {
        const size_t at = FindText(text_, tag, place.from, old_size);
        if (at >= end) continue;
        end = at;
        length = tag.size();
      }
      if (end == kNowhere) return place;
      place = {.phase = Phase::kWaiting, .from = end + length};
    }
    if (!rule_->head.empty()) {
      std::string_view text = std::string_view(text_).substr(place.from);
      std::string taken;
      const Fit fit = TakeHead(text, rule_->head, taken);
      if (fit == Fit::kEnds) return place;
      if (fit == Fit::kNo) return {.phase = Phase::kFree};
      return {.phase = Phase::kActive, .from = place.from};
    }
    const size_t trigger = FindTrigger(place.from, old_size);
    const size_t reasoning =
        rule_->reasoning_start.empty() || rule_->reasoning_ends.empty() || rule_->triggers.empty()
            ? kNowhere
            : FindText(text_, rule_->reasoning_start, place.from, old_size);
    if (reasoning < trigger) {
      place = {.phase = Phase::kReasoning, .from = reasoning + rule_->reasoning_start.size()};
      continue;
    }
    if (trigger == kNowhere) return place;
    return {.phase = Phase::kActive, .from = trigger};
  }
}

std::string GrammarConstraint::HeldText(size_t from) const {
  std::string_view text = std::string_view(text_).substr(from);
  std::string held;
  // Its space is as the model likes, but a grammar may have less of that.
  TakeHead(text, rule_->head, held);
  return held.append(text);
}

bool GrammarConstraint::AllowsText(std::string_view text) {
  MatchState next = state_;
  if (!matcher_.Advance(next, text)) return false;
  checked_state_ = std::move(next);
  return true;
}

bool GrammarConstraint::Allows(TokenId token) {
  checked_ = -1;
  if (tokens_->at(token).ends) {
    if (place_.phase == Phase::kActive) return Matcher::MayEnd(state_);
    // Otherwise the grammar's part is still to come.
    return !rule_->triggers.empty() || !rule_->head.empty();
  }
  if (place_.phase == Phase::kFree) return true;
  const std::string_view text = TextOf(token);
  if (place_.phase == Phase::kActive) {
    if (text.empty() || !AllowsText(text)) return false;
  } else {
    const size_t old_size = text_.size();
    text_ += text;
    const Place place = Follow(place_, old_size);
    // The token that holds the trigger may hold the first characters behind it too.
    const bool fits = place.phase != Phase::kActive || AllowsText(HeldText(place.from));
    text_.resize(old_size);
    if (!fits) return false;
    if (place.phase != Phase::kActive) return true;
  }
  checked_ = token;
  return true;
}

void GrammarConstraint::Accept(TokenId token) {
  matcher_.AllowToken();
  if (tokens_->at(token).ends || place_.phase == Phase::kFree) return;
  if (place_.phase != Phase::kActive) {
    const size_t old_size = text_.size();
    text_ += TextOf(token);
    place_ = Follow(place_, old_size);
    if (place_.phase == Phase::kFree) text_ = {};
    if (place_.phase != Phase::kActive) return;
    if (checked_ != token && !AllowsText(HeldText(place_.from))) checked_state_ = {};
    text_ = {};
  } else if (checked_ != token && !AllowsText(TextOf(token))) {
    checked_state_ = {};
  }
  state_ = std::move(checked_state_);
  checked_ = -1;
}

// Marks those of `tokens`, sorted and alike in their first `depth` bytes, that fit behind `state`,
// where the grammar is after these bytes.
void GrammarConstraint::AllowBelow(std::span<const TokenId> tokens, size_t depth,
                                   const MatchState& state) {
  size_t at = 0;
  for (; at < tokens.size() && tokens_->at(tokens[at]).text.size() == depth; ++at) {
    if (!TextOf(tokens[at]).empty()) allowed_[static_cast<size_t>(tokens[at])] = true;
  }
  MatchState next;
  while (at < tokens.size()) {
    const auto byte = static_cast<uint8_t>(tokens_->at(tokens[at]).text[depth]);
    const auto rest = tokens.subspan(at);
    const auto end = std::ranges::partition_point(rest, [&](TokenId token) {
      return static_cast<uint8_t>(tokens_->at(token).text[depth]) == byte;
    });
    const auto count = static_cast<size_t>(end - rest.begin());
    if (matcher_.Advance(state, byte, next)) AllowBelow(rest.first(count), depth + 1, next);
    at += count;
  }
}

void GrammarConstraint::Mask(std::span<float> logits) {
  allowed_.assign(std::max(tokens_->size(), logits.size()), false);
  if (place_.phase == Phase::kActive) {
    AllowBelow(tokens_->sorted(), 0, state_);
    for (const TokenId token : tokens_->ending()) {
      allowed_[static_cast<size_t>(token)] = Matcher::MayEnd(state_);
    }
  } else {
    for (size_t i = 0; i < tokens_->size(); ++i) allowed_[i] = Allows(static_cast<TokenId>(i));
  }
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!allowed_[i]) logits[i] = -std::numeric_limits<float>::infinity();
  }
}

}  // namespace bedplate::engine
