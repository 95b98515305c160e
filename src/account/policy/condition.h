// The Condition element: how its operators are named, and whether a test is met.
//
// Threads: pure functions.
// spec: IAM user guide, "Condition operators", "Single-valued vs. multivalued context keys"
#pragma once

#include <optional>
#include <string_view>

#include "account/policy/document.h"
#include "account/policy/request.h"

namespace bedplate::account::policy {

// An operator's name taken apart: "ForAnyValue:StringNotLikeIfExists".
struct Operator {
  Comparison comparison = Comparison::kStringEquals;
  bool negated = false;
  bool if_exists = false;
  Quantifier quantifier = Quantifier::kNone;
};
std::optional<Operator> ReadOperator(std::string_view name);

// Whether a value may stand in a policy under this comparison.
bool IsValueOf(Comparison comparison, std::string_view value);

// Whether ${...} in its values is a variable: in texts and ARNs it is.
bool TakesVariables(Comparison comparison);

bool IsMet(const ConditionTest& test, const Context& context);

}  // namespace bedplate::account::policy
