#include "wire/rule_asks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/text.h"
#include "wire/uri.h"

namespace bedplate::wire {
namespace {

// Replaces the {places} of a rule's text.
class Places {
 public:
  Places(const MemberTexts& texts, const CallerNames& caller, std::string_view name)
      : texts_(texts), caller_(caller), name_(name) {}

  // Nothing when a member that the text names is not set.
  std::optional<std::string> Fill(std::string_view text) const { return Fill(text, false); }
  // Nothing when a member that the text names is not set or empty. What is named by an ARN has that
  // one, as resources have.
  std::optional<std::string> FillKey(std::string_view text) const { return Fill(text, true); }

 private:
  std::optional<std::string> Fill(std::string_view text, bool key) const {
    std::string filled;
    while (true) {
      const size_t begin = text.find('{');
      filled += text.substr(0, begin);
      if (begin == std::string_view::npos) return filled;
      const size_t end = text.find('}', begin);
      const std::string_view place = text.substr(begin + 1, end - begin - 1);
      const size_t bar = place.find('|');  // behind it is what is meant where nothing is set
      const auto value = ValueOf(place.substr(0, bar));
      if (!value && bar == std::string_view::npos) return std::nullopt;
      if (key && value && value->empty()) return std::nullopt;
      if (key && value && value->starts_with("arn:") && filled.starts_with("arn:")) filled.clear();
      filled += value ? std::string_view(*value) : place.substr(bar + 1);
      text.remove_prefix(end + 1);
    }
  }

  std::optional<std::string> ValueOf(std::string_view place) const {
    if (place == "name") return std::string(name_);
    if (place == "account") return caller_.account;
    if (place == "region") return caller_.region;
    if (place == "username") return caller_.username;
    auto found = texts_.Find(place);
    if (found.empty()) return std::nullopt;
    return std::move(found.front().text);
  }

  const MemberTexts& texts_;
  const CallerNames& caller_;
  std::string_view name_;
};

bool Has(const MemberTexts& texts, std::string_view path, std::string_view value) {
  const auto found = texts.Find(path);
  if (value.empty()) return !found.empty();
  return std::ranges::any_of(found, [&](const MemberText& each) { return each.text == value; });
}

// Nothing said, or "", which a handler takes for nothing.
bool IsEmpty(const MemberTexts& texts, std::string_view path) {
  return std::ranges::all_of(texts.Find(path), [](const MemberText& each) {
    return each.key.empty() && each.text.empty();
  });
}

// An empty text ("?versionId=") counts as there and as not there: what is asked is what either
// takes.
bool IsAsked(const PermitRule& rule, const MemberTexts& texts) {
  if (!rule.when.empty() && !Has(texts, rule.when, rule.when_value)) return false;
  if (rule.unless.empty()) return true;
  if (rule.unless_value.empty()) return IsEmpty(texts, rule.unless);
  return !Has(texts, rule.unless, rule.unless_value);
}

// "a=1&b=2"; what is no such text has no entries, which the handler refuses.
std::vector<MemberText> ReadForm(std::string_view text) {
  std::vector<MemberText> entries;
  QueryParameters walk(text);
  while (walk.Next()) {
    MemberText entry;
    if (!AppendPercentDecoded(entry.key, walk.raw_name(), true) ||
        !AppendPercentDecoded(entry.text, walk.raw_value(), true)) {
      return {};
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<MemberText> EntriesOf(const PermitKey& key, const MemberTexts& texts) {
  auto found = texts.Find(key.path);
  if (!key.form || found.empty()) return found;
  return ReadForm(found.front().text);
}

void AddValues(AskContext& context, std::string_view key, std::vector<std::string> values) {
  const auto known = std::ranges::find(context, key, &AskContext::value_type::first);
  if (known == context.end()) {
    context.emplace_back(key, std::move(values));
  } else {
    std::ranges::move(values, std::back_inserter(known->second));
  }
}

void AddKey(const PermitKey& key, const MemberTexts& texts, const Places& places,
            AskContext& context) {
  if (key.path.empty()) {
    if (auto text = places.FillKey(key.text)) {
      AddValues(context, key.key, {std::move(*text)});
    }
    return;
  }
  auto entries = EntriesOf(key, texts);
  if (entries.empty()) return;
  if (!key.text.empty()) return AddValues(context, key.key, {std::string(key.text)});
  if (key.key.ends_with('*')) {
    const std::string_view head = key.key.substr(0, key.key.size() - 1);
    for (MemberText& entry : entries) {
      AddValues(context, fmt::format("{}{}", head, entry.key), {std::move(entry.text)});
    }
    return;
  }
  std::vector<std::string> values;
  values.reserve(entries.size());
  for (MemberText& entry : entries) {
    values.push_back(std::move(entry.key.empty() ? entry.text : entry.key));
  }
  AddValues(context, key.key, std::move(values));
}

std::vector<MemberText> NamesOf(const PermitRule& rule, const MemberTexts& texts,
                                const CallerNames& caller) {
  std::vector<MemberText> names;
  if (!rule.name.empty()) names = texts.Find(rule.name);
  if (names.empty()) names.push_back({.text = rule.own ? caller.username : std::string()});
  return names;
}

// Whether more of the input than the resource's name decides what a rule asks.
bool AsksMembers(const PermitRule& rule) {
  return !rule.keys.empty() || !rule.when.empty() || !rule.unless.empty();
}

// Which of two counts is for who reads them to say.
Result<void> CheckHeaders(const Match& match, const net::Request& request) {
  const Shape* const input = match.operation->input;
  for (uint32_t i = 0; input != nullptr && i < input->member_count; ++i) {
    if (input->members[i].location != Location::kHeader) continue;
    const std::string name = net::ToLower(input->members[i].wire_name);
    if (!name.starts_with("x-amz")) continue;  // Accept and the like may
    size_t count = 0;
    for (const auto [each, value] : request.headers) count += net::ToLower(each) == name ? 1 : 0;
    if (count > 1) {
      return Fail(Fault::kValidation,
                  fmt::format("The header {} stands there {} times", name, count));
    }
  }
  return {};
}

}  // namespace

std::vector<Ask> AsksOf(const Permits& permits, const MemberTexts& texts,
                        const CallerNames& caller) {
  std::vector<Ask> asks;
  for (const PermitRule& rule : permits.rules) {
    if (!IsAsked(rule, texts)) continue;
    for (MemberText& name : NamesOf(rule, texts, caller)) {
      const Places places(texts, caller, name.text);
      Ask& ask = asks.emplace_back();
      ask.action = rule.action;
      ask.directory = rule.directory;
      // An ARN that names a member which is not set is nothing's; the rule's own text is asked for.
      ask.arn = name.text.starts_with("arn:") && rule.arn.contains("{name}")
                    ? name.text
                    : places.Fill(rule.arn).value_or(std::string(rule.arn));
      for (const PermitKey& key : rule.keys) AddKey(key, texts, places, ask.context);
      ask.name = std::move(name.text);
    }
  }
  return asks;
}

Result<void> CheckNames(const AskContext& context) {
  std::unordered_map<std::string, std::string_view> seen;
  for (const auto& [name, values] : context) {
    const auto [known, is_new] = seen.emplace(net::ToLower(name), name);
    if (is_new || known->second == name) continue;
    return Fail(Fault::kValidation,
                fmt::format("'{}' and '{}' are one condition key to policies, which do not heed "
                            "case: name tags, and pairs of an encryption context, by more.",
                            known->second, name));
  }
  return {};
}

net::Task<Result<void>> CheckRequest(const Match& match, const Call& call,
                                     const net::Request& request, std::string_view body) {
  if (call.permission == nullptr) co_return Result<void>();
  const Permits* const permits = match.operation->permits;
  if (permits == nullptr) co_return Fail(Fault::kInternal, "Nobody says who may do this");
  if (auto ok = CheckHeaders(match, request); !ok) co_return ok;
  BodyTexts in_body;
  if (std::ranges::any_of(permits->rules, AsksMembers)) {
    auto read = ReadBodyTexts(match, body);
    if (!read) co_return std::unexpected(std::move(read.error()));
    in_body = std::move(*read);
  }
  const RequestTexts texts(match, request, std::move(in_body));
  for (Ask& ask : AsksOf(*permits, texts, call.permission->caller())) {
    if (auto ok = CheckNames(ask.context); !ok) co_return ok;
    auto ok = co_await call.permission->Check(std::move(ask));
    if (!ok) co_return ok;
  }
  if (!permits->by_handler) call.permission->NoteAsked();
  co_return Result<void>();
}

}  // namespace bedplate::wire
