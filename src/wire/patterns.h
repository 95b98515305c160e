// The regular expressions of the models, compiled on first use.
#pragma once

#include <string_view>

#include "wire/schema.h"

namespace bedplate::wire {

// Whether the whole of `text` matches. True for a constraint without an enforced pattern. Time is
// linear in the text.
bool MatchesPattern(const Constraint& constraint, std::string_view text);

// Whether RE2 takes the pattern; for tests, as generated patterns must.
bool PatternCompiles(const Constraint& constraint);

}  // namespace bedplate::wire
