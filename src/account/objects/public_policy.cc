#include "account/objects/public_policy.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace bedplate::account::objects {
namespace {

using policy::ConditionTest;
using policy::Statement;

constexpr std::string_view kNarrowing[] = {
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:userid",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
    "aws:principalservicename",
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

// An address range that is as good as all of them.
bool IsWideRange(std::string_view range) {
  const size_t slash = range.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view bits = range.substr(slash + 1);
  return bits == "0" || (range.contains(':') ? bits.size() < 2 : bits.size() == 1 && bits < "8");
}

bool IsFixed(const policy::Pattern& value) {
  const std::string& text = value.text();
  return !value.has_variables() && !text.empty() && text.find_first_of("*?") == std::string::npos &&
         !IsWideRange(text);
}

bool Narrows(const ConditionTest& test) {
  // What a request without the key meets too narrows nothing.
  if (test.negated || test.if_exists || test.quantifier == policy::Quantifier::kForAllValues) {
    return false;
  }
  if (test.comparison == policy::Comparison::kNull) return false;
  const std::string key = Lower(test.key);
  if (std::ranges::find(kNarrowing, key) == std::end(kNarrowing)) return false;
  return !test.values.empty() && std::ranges::all_of(test.values, IsFixed);
}

bool LetsEveryoneIn(const Statement& statement) {
  if (statement.deny || !statement.principals) return false;
  if (!statement.not_principals && !statement.principals->everyone) return false;
  return std::ranges::none_of(statement.conditions, Narrows);
}

}  // namespace

bool IsPublic(const policy::Document& document) {
  return std::ranges::any_of(document.statements, LetsEveryoneIn);
}

}  // namespace bedplate::account::objects
