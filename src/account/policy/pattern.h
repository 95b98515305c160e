// A text of a policy in which '*' stands for any run of characters, '?' for one, and ${key} for
// what the request says.
//
// Threads: const after construction; the functions are pure.
// spec: IAM user guide, "IAM policy elements: Variables and tags" and "Resource"
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::account::policy {

// The single value of a context key, or nothing; keys are looked up without case.
using Lookup = std::function<std::optional<std::string_view>(std::string_view key)>;

class Pattern {
 public:
  // `variables`: whether ${...} is one (documents of version 2012-10-17). A "${" that is never
  // closed, or that names no key, is text.
  Pattern(std::string_view text, bool variables);

  const std::string& text() const { return text_; }  // as written
  bool has_variables() const { return !variables_.empty(); }
  bool matches_all() const { return text_ == "*"; }

  // With each variable replaced by its value, in which '*' and '?' are plain characters. Nothing
  // when one has neither a value nor a default: then nothing matches.
  std::optional<std::string> Expand(const Lookup& lookup) const;

  // The following take what Expand gave, or form() where there are no variables.
  const std::string& form() const { return form_; }

 private:
  struct Variable {
    size_t at;  // in form_
    std::string key;
    std::optional<std::string> fallback;
  };

  std::string text_;
  std::string form_;  // wildcards as bytes that no UTF-8 has; variables left out
  std::vector<Variable> variables_;
};

// Whether `text` is of the form, character by character.
bool Matches(std::string_view form, std::string_view text);
// Without regard to the case of ASCII letters.
bool MatchesIgnoringCase(std::string_view form, std::string_view text);
// As Matches, the six parts of an ARN each for itself, so that no '*' reaches over a colon before
// the last part. A form that is no ARN matches nothing, "*" everything.
bool MatchesArn(std::string_view form, std::string_view arn);
// The form as the plain text that it stands for: wildcards are '*' and '?' again.
std::string PlainText(std::string_view form);

}  // namespace bedplate::account::policy
