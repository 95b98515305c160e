#include "account/policy/pattern.h"

#include <algorithm>
#include <cstddef>

#include "account/policy/text.h"

namespace bedplate::account::policy {
namespace {

// Bytes that no UTF-8 text has, so that a '*' that is meant as one needs no escape.
constexpr char kMany = '\xFF';
constexpr char kOne = '\xFE';
constexpr size_t kArnParts = 6;

bool Same(char a, char b) { return a == b; }
bool SameIgnoringCase(char a, char b) { return LowerCase(a) == LowerCase(b); }

// Bytes of the UTF-8 character at the front of `text`, which is not empty.
size_t CharacterSize(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (text[size] & '\xC0') == '\x80') ++size;
  return size;
}

template <class Equal>
bool Match(std::string_view form, std::string_view text, Equal equal) {
  size_t at = 0;  // in form
  size_t in_text = 0;
  // Where to go on from when what follows the last kMany does not fit: one character further.
  size_t after_many = std::string_view::npos;
  size_t many_from = 0;
  while (in_text < text.size()) {
    if (at < form.size() && form[at] == kMany) {
      after_many = ++at;
      many_from = in_text;
    } else if (at < form.size() && form[at] == kOne) {
      ++at;
      in_text += CharacterSize(text.substr(in_text));
    } else if (at < form.size() && equal(form[at], text[in_text])) {
      ++at;
      ++in_text;
    } else if (after_many != std::string_view::npos) {
      at = after_many;
      many_from += CharacterSize(text.substr(many_from));
      in_text = many_from;
    } else {
      return false;
    }
  }
  return form.find_first_not_of(kMany, at) == std::string_view::npos;
}

std::string_view TrimSpaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// A part of an ARN and what follows its colon; the last part takes all that is left.
std::string_view TakePart(std::string_view& arn, bool last) {
  const size_t colon = last ? std::string_view::npos : arn.find(':');
  const std::string_view part = arn.substr(0, colon);
  arn.remove_prefix(std::min(part.size() + 1, arn.size()));
  return part;
}

bool HasAllParts(std::string_view arn) {
  return std::ranges::count(arn, ':') >= static_cast<std::ptrdiff_t>(kArnParts) - 1;
}

}  // namespace

Pattern::Pattern(std::string_view text, bool variables) : text_(text) {
  constexpr std::string_view kOpen = "${";
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t end =
        variables && text.substr(at).starts_with(kOpen) ? text.find('}', at) : text.npos;
    if (end == text.npos) {
      form_.push_back(text[at] == '*' ? kMany : text[at] == '?' ? kOne : text[at]);
      continue;
    }
    const std::string_view inside = text.substr(at + kOpen.size(), end - at - kOpen.size());
    const size_t comma = inside.find(',');
    const std::string_view key = TrimSpaces(inside.substr(0, comma));
    std::string_view fallback =
        comma == inside.npos ? std::string_view() : TrimSpaces(inside.substr(comma + 1));
    const bool quoted =
        fallback.size() >= 2 && fallback.starts_with('\'') && fallback.ends_with('\'');
    if (inside == "*" || inside == "?" || inside == "$") {
      form_.append(inside);
    } else if (key.contains(':') && (comma == inside.npos || quoted)) {
      Variable variable{.at = form_.size(), .key = std::string(key), .fallback = {}};
      if (quoted) variable.fallback = fallback.substr(1, fallback.size() - 2);
      variables_.push_back(std::move(variable));
    } else {
      form_.push_back(text[at]);
      continue;
    }
    at = end;
  }
}

std::optional<std::string> Pattern::Expand(const Lookup& lookup) const {
  std::string expanded;
  size_t from = 0;
  for (const Variable& variable : variables_) {
    expanded.append(form_, from, variable.at - from);
    from = variable.at;
    if (const auto value = lookup(variable.key)) {
      expanded.append(*value);
    } else if (variable.fallback) {
      expanded.append(*variable.fallback);
    } else {
      return std::nullopt;
    }
  }
  expanded.append(form_, from);
  return expanded;
}

bool Matches(std::string_view form, std::string_view text) { return Match(form, text, Same); }

bool MatchesIgnoringCase(std::string_view form, std::string_view text) {
  return Match(form, text, SameIgnoringCase);
}

bool MatchesArn(std::string_view form, std::string_view arn) {
  if (form.size() == 1 && form.front() == kMany) return true;
  if (!HasAllParts(form) || !HasAllParts(arn)) return false;
  for (size_t part = 1; part <= kArnParts; ++part) {
    const bool last = part == kArnParts;
    if (!Matches(TakePart(form, last), TakePart(arn, last))) return false;
  }
  return true;
}

std::string PlainText(std::string_view form) {
  std::string text(form);
  std::ranges::replace(text, kMany, '*');
  std::ranges::replace(text, kOne, '?');
  return text;
}

}  // namespace bedplate::account::policy
