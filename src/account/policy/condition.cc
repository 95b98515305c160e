#include "account/policy/condition.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "account/policy/text.h"
#include "account/policy/value.h"

namespace bedplate::account::policy {
namespace {

struct Name {
  std::string_view text;
  Comparison comparison;
  bool negated = false;
};

constexpr std::array kNames = {
    Name{"StringEquals", Comparison::kStringEquals},
    Name{"StringNotEquals", Comparison::kStringEquals, true},
    Name{"StringEqualsIgnoreCase", Comparison::kStringEqualsIgnoreCase},
    Name{"StringNotEqualsIgnoreCase", Comparison::kStringEqualsIgnoreCase, true},
    Name{"StringLike", Comparison::kStringLike},
    Name{"StringNotLike", Comparison::kStringLike, true},
    Name{"NumericEquals", Comparison::kNumericEquals},
    Name{"NumericNotEquals", Comparison::kNumericEquals, true},
    Name{"NumericLessThan", Comparison::kNumericLessThan},
    Name{"NumericLessThanEquals", Comparison::kNumericLessThanEquals},
    Name{"NumericGreaterThan", Comparison::kNumericGreaterThan},
    Name{"NumericGreaterThanEquals", Comparison::kNumericGreaterThanEquals},
    Name{"DateEquals", Comparison::kDateEquals},
    Name{"DateNotEquals", Comparison::kDateEquals, true},
    Name{"DateLessThan", Comparison::kDateLessThan},
    Name{"DateLessThanEquals", Comparison::kDateLessThanEquals},
    Name{"DateGreaterThan", Comparison::kDateGreaterThan},
    Name{"DateGreaterThanEquals", Comparison::kDateGreaterThanEquals},
    Name{"Bool", Comparison::kBool},
    Name{"BinaryEquals", Comparison::kBinaryEquals},
    Name{"IpAddress", Comparison::kIpAddress},
    Name{"NotIpAddress", Comparison::kIpAddress, true},
    Name{"ArnEquals", Comparison::kArnLike},
    Name{"ArnLike", Comparison::kArnLike},
    Name{"ArnNotEquals", Comparison::kArnLike, true},
    Name{"ArnNotLike", Comparison::kArnLike, true},
    Name{"Null", Comparison::kNull},
};

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!EqualsIgnoringCase(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size()) return false;
  const size_t at = text.size() - suffix.size();
  if (!EqualsIgnoringCase(text.substr(at), suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// `compare` of both, read as the same kind; what cannot be read compares with nothing.
template <class Read, class Compare>
bool ReadBoth(std::string_view value, std::string_view found, Read read, Compare compare) {
  const auto left = read(found);
  const auto right = read(value);
  return left && right && compare(*left, *right);
}

template <class Compare>
bool Numbers(std::string_view value, std::string_view found, Compare compare) {
  return ReadBoth(value, found, ReadNumber, compare);
}

template <class Compare>
bool Dates(std::string_view value, std::string_view found, Compare compare) {
  return ReadBoth(value, found, ReadDate, compare);
}

// Whether what the request has (`found`) compares with the policy's value (`form`).
bool Compare(Comparison comparison, std::string_view form, std::string_view found) {
  switch (comparison) {
    case Comparison::kStringEquals:
    case Comparison::kBinaryEquals:  // both are Base64
      return IsPlainly(form, found);
    case Comparison::kStringEqualsIgnoreCase:
      return IsPlainlyIgnoringCase(form, found);
    case Comparison::kStringLike:
      return Matches(form, found);
    case Comparison::kNumericEquals:
      return Numbers(form, found, std::equal_to());
    case Comparison::kNumericLessThan:
      return Numbers(form, found, std::less());
    case Comparison::kNumericLessThanEquals:
      return Numbers(form, found, std::less_equal());
    case Comparison::kNumericGreaterThan:
      return Numbers(form, found, std::greater());
    case Comparison::kNumericGreaterThanEquals:
      return Numbers(form, found, std::greater_equal());
    case Comparison::kDateEquals:
      return Dates(form, found, std::equal_to());
    case Comparison::kDateLessThan:
      return Dates(form, found, std::less());
    case Comparison::kDateLessThanEquals:
      return Dates(form, found, std::less_equal());
    case Comparison::kDateGreaterThan:
      return Dates(form, found, std::greater());
    case Comparison::kDateGreaterThanEquals:
      return Dates(form, found, std::greater_equal());
    case Comparison::kBool:
      return ReadBoth(form, found, ReadBoolean, std::equal_to());
    case Comparison::kIpAddress:
      return ReadBoth(form, found, ReadNetwork, [](const Network& address, const Network& network) {
        return network.Contains(address);
      });
    case Comparison::kArnLike:
      return MatchesArn(form, found);
    case Comparison::kNull:
      break;
  }
  return false;
}

// The test of one value of the request: any of the policy's values, or, negated, none of them.
bool IsMetBy(const ConditionTest& test, std::string_view found, const Context& context) {
  const auto compares = [&](const Pattern& value) {
    if (!value.has_variables()) return Compare(test.comparison, value.form(), found);
    const auto form = value.Expand(context);
    return form && Compare(test.comparison, *form, found);
  };
  return std::ranges::any_of(test.values, compares) != test.negated;
}

// Null asks whether the key is absent ("true") or there ("false").
bool IsNullMet(const ConditionTest& test, bool absent) {
  return std::ranges::any_of(
      test.values, [&](const Pattern& value) { return ReadBoolean(value.text()) == absent; });
}

}  // namespace

std::optional<Operator> ReadOperator(std::string_view name) {
  Operator result;
  if (TakePrefix(name, "ForAllValues:")) {
    result.quantifier = Quantifier::kForAllValues;
  } else if (TakePrefix(name, "ForAnyValue:")) {
    result.quantifier = Quantifier::kForAnyValue;
  }
  result.if_exists = TakeSuffix(name, "IfExists");
  const auto found = std::ranges::find_if(
      kNames, [&](const Name& known) { return EqualsIgnoringCase(known.text, name); });
  if (found == kNames.end()) return std::nullopt;
  result.comparison = found->comparison;
  result.negated = found->negated;
  // Null asks whether a key exists: an IfExists beside it would have no sense.
  if (result.comparison == Comparison::kNull && result.if_exists) return std::nullopt;
  return result;
}

bool TakesVariables(Comparison comparison) {
  return comparison <= Comparison::kStringLike || comparison == Comparison::kArnLike;
}

bool IsValueOf(Comparison comparison, std::string_view value) {
  if (comparison >= Comparison::kNumericEquals &&
      comparison <= Comparison::kNumericGreaterThanEquals) {
    return ReadNumber(value).has_value();
  }
  if (comparison >= Comparison::kDateEquals && comparison <= Comparison::kDateGreaterThanEquals) {
    return ReadDate(value).has_value();
  }
  if (comparison == Comparison::kBool || comparison == Comparison::kNull) {
    return ReadBoolean(value).has_value();
  }
  if (comparison == Comparison::kIpAddress) return ReadNetwork(value).has_value();
  return true;
}

bool IsMet(const ConditionTest& test, const Context& context) {
  const Context::Values* const found = context.Find(test.key);
  const bool absent = found == nullptr || found->empty();
  if (test.comparison == Comparison::kNull) return IsNullMet(test, absent);
  if (absent && test.if_exists) return true;
  const bool quantified = test.quantifier != Quantifier::kNone;
  // To the quantifiers an empty text is no value.
  if (absent || (quantified && found->size() == 1 && found->front().empty())) {
    return quantified ? test.quantifier == Quantifier::kForAllValues : test.negated;
  }
  const auto met = [&](const std::string& value) { return IsMetBy(test, value, context); };
  // Several values without a quantifier: one that compares is enough, so that, negated, none may.
  const bool all = quantified ? test.quantifier == Quantifier::kForAllValues : test.negated;
  return all ? std::ranges::all_of(*found, met) : std::ranges::any_of(*found, met);
}

}  // namespace bedplate::account::policy
