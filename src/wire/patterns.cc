#include "wire/patterns.h"

#include <re2/re2.h>

#include <memory>
#include <unordered_map>

namespace bedplate::wire {
namespace {

// One set of compiled patterns a thread: no lock on the data path, and RE2's own caches stay apart.
const RE2& Compiled(const Constraint& constraint) {
  thread_local std::unordered_map<const Constraint*, std::unique_ptr<RE2>> compiled;
  std::unique_ptr<RE2>& pattern = compiled[&constraint];
  if (!pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    pattern = std::make_unique<RE2>(constraint.re2_pattern, options);
  }
  return *pattern;
}

}  // namespace

bool MatchesPattern(const Constraint& constraint, std::string_view text) {
  if (!constraint.re2_pattern) return true;
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), Compiled(constraint));
}

bool PatternCompiles(const Constraint& constraint) {
  return !constraint.re2_pattern || Compiled(constraint).ok();
}

}  // namespace bedplate::wire
