#include "account/policy/pattern.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "account/policy/text.h"

namespace bedplate::account::policy {
namespace {

// Bytes that no UTF-8 text has, so that a '*' that is meant as one needs no escape.
constexpr char kMany = '\xFF';
constexpr char kOne = '\xFE';
constexpr std::array kWildcards = {kMany, kOne};
constexpr size_t kArnParts = 6;

// How the characters of a form are compared with those of a text, and found in it.
struct Exactly {
  static bool Same(char a, char b) { return a == b; }
  static size_t Find(std::string_view text, char c, size_t from) { return text.find(c, from); }
};

struct IgnoringCase {
  static bool Same(char a, char b) { return LowerCase(a) == LowerCase(b); }
  static size_t Find(std::string_view text, char c, size_t from) {
    while (from < text.size() && !Same(c, text[from])) ++from;
    return from < text.size() ? from : std::string_view::npos;
  }
};

bool IsWildcard(char c) { return c == kMany || c == kOne; }

char Plain(char c) { return c == kMany ? '*' : c == kOne ? '?' : c; }

// Bytes of the UTF-8 character at the front of `text`, which is not empty.
size_t CharacterSize(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (text[size] & '\xC0') == '\x80') ++size;
  return size;
}

// Where to go on from when what follows a kMany does not fit: with one character more for it.
struct Retry {
  size_t form = std::string_view::npos;  // behind the kMany
  size_t text = 0;                       // behind what it took
};

// Wildcards before `bound` in the form are those of an ARN's parts: a kOne takes no colon, nor does
// a kMany unless it ends its part. Each kMany takes as little as it can. When what follows does not
// fit, the latest takes one character more; the latest that takes anything does where that one is
// stopped by a colon. Those before them need never be asked again.
template <class Compare>
bool Match(std::string_view form, std::string_view text, size_t bound) {
  Retry any;
  Retry within;  // of those since `any` that take no colon
  size_t at = 0;
  size_t in_text = 0;
  while (in_text < text.size()) {
    const bool more = at < form.size();
    if (more && form[at] == kMany) {
      const bool bounded = at < bound && at + 1 < form.size() && form[at + 1] != ':';
      if (++at == form.size()) return true;
      within = {};
      (bounded ? within : any) = {.form = at, .text = in_text};
    } else if (more && form[at] == kOne && (at >= bound || text[in_text] != ':')) {
      ++at;
      in_text += CharacterSize(text.substr(in_text));
    } else if (more && form[at] != kOne && Compare::Same(form[at], text[in_text])) {
      ++at;
      ++in_text;
    } else {
      if (within.form != std::string_view::npos && text[within.text] == ':') within = {};
      Retry& retry = within.form != std::string_view::npos ? within : any;
      if (retry.form == std::string_view::npos) return false;
      retry.text += CharacterSize(text.substr(retry.text));
      if (&retry == &any && !IsWildcard(form[any.form])) {  // straight to what it must stand before
        any.text = Compare::Find(text, form[any.form], any.text);
        if (any.text == std::string_view::npos) return false;
      }
      at = retry.form;
      in_text = retry.text;
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

// Where the last part of an ARN begins; its end when it has fewer parts.
size_t FindLastPart(std::string_view arn) {
  size_t at = 0;
  for (size_t part = 1; part < kArnParts; ++part) {
    const size_t colon = arn.find(':', at);
    if (colon == std::string_view::npos) return arn.size();
    at = colon + 1;
  }
  return at;
}

bool HasAllParts(std::string_view arn) {
  return std::ranges::count(arn, ':') >= static_cast<std::ptrdiff_t>(kArnParts) - 1;
}

// Nothing when the default is not in single quotes.
std::optional<std::string> ReadDefault(std::string_view text) {
  text = TrimSpaces(text);
  if (text.size() < 2 || !text.starts_with('\'') || !text.ends_with('\'')) return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
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
    std::optional<std::string> fallback;
    if (comma != inside.npos) fallback = ReadDefault(inside.substr(comma + 1));
    if (inside == "*" || inside == "?" || inside == "$") {
      form_.append(inside);
    } else if (key.contains(':') && (comma == inside.npos || fallback)) {
      AddVariable(key, std::move(fallback));
    } else {
      form_.push_back(text[at]);
      continue;
    }
    at = end;
  }
  prefix_size_ = std::min(form_.find_first_of(kWildcards.data(), 0, kWildcards.size()),
                          variables_.empty() ? form_.size() : variables_.front().at);
}

void Pattern::AddVariable(std::string_view key, std::optional<std::string> fallback) {
  variables_.push_back(
      {.at = form_.size(), .key = std::string(key), .fallback = std::move(fallback)});
}

std::optional<std::string> Pattern::Expand(const Context& context) const {
  std::string expanded;
  size_t from = 0;
  for (const Variable& variable : variables_) {
    const std::string* value = context.FindSingle(variable.key);
    if (value == nullptr && variable.fallback) value = &*variable.fallback;
    // A request may bring bytes that are no UTF-8; they must not become wildcards.
    if (value == nullptr ||
        value->find_first_of(kWildcards.data(), 0, kWildcards.size()) != std::string::npos) {
      return std::nullopt;
    }
    expanded.append(form_, from, variable.at - from).append(*value);
    from = variable.at;
  }
  expanded.append(form_, from);
  return expanded;
}

bool Matches(std::string_view form, std::string_view text) { return Match<Exactly>(form, text, 0); }

bool MatchesIgnoringCase(std::string_view form, std::string_view text) {
  return Match<IgnoringCase>(form, text, 0);
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

bool MatchesResource(std::string_view form, std::string_view resource) {
  return Match<Exactly>(form, resource, FindLastPart(form));
}

bool IsPlainly(std::string_view form, std::string_view text) {
  return std::ranges::equal(form, text, [](char a, char b) { return Plain(a) == b; });
}

bool IsPlainlyIgnoringCase(std::string_view form, std::string_view text) {
  return std::ranges::equal(form, text,
                            [](char a, char b) { return LowerCase(Plain(a)) == LowerCase(b); });
}

}  // namespace bedplate::account::policy
