// A text of a policy in which '*' stands for any run of characters, '?' for one, and ${key} for
// what the request says.
//
// Threads: const after construction; the functions are pure.
// spec: IAM user guide, "IAM policy elements: Variables and tags", "Resource", "Condition
// operators"
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/request.h"

namespace bedplate::account::policy {

class Pattern {
 public:
  // `variables`: whether ${...} is one (documents of version 2012-10-17). A "${" that is never
  // closed, or that names no key, is text. `text` is UTF-8.
  Pattern(std::string_view text, bool variables);

  const std::string& text() const { return text_; }  // as written
  bool has_variables() const { return !variables_.empty(); }
  bool matches_all() const { return text_ == "*"; }
  // What every text of this form begins with: all that precedes the first wildcard or variable.
  std::string_view prefix() const { return std::string_view(form_).substr(0, prefix_size_); }

  // With each variable replaced by its value, in which '*' and '?' are plain characters. Nothing
  // when one has neither a single value nor a default: then nothing matches.
  std::optional<std::string> Expand(const Context& context) const;

  // The following take what Expand gave, or form() where there are no variables.
  const std::string& form() const { return form_; }

 private:
  struct Variable {
    size_t at;  // in form_
    std::string key;
    std::optional<std::string> fallback;
  };

  void AddVariable(std::string_view key, std::optional<std::string> fallback);

  std::string text_;
  std::string form_;  // wildcards as bytes that no UTF-8 has; variables left out
  std::vector<Variable> variables_;
  size_t prefix_size_ = 0;
};

// Whether `text` is of the form, character by character.
bool Matches(std::string_view form, std::string_view text);
// Without regard to the case of ASCII letters.
bool MatchesIgnoringCase(std::string_view form, std::string_view text);
// As the ARN operators of conditions do: the six parts each for itself, so that no '*' reaches over
// a colon before the last part. A form that is no ARN matches nothing, "*" everything.
bool MatchesArn(std::string_view form, std::string_view arn);
// As Resource does: before the last part, a '*' or '?' inside a part takes no colon, and a '*' at
// the end of a part does ("arn:aws:s3:*").
bool MatchesResource(std::string_view form, std::string_view resource);
// Whether `text` is the form itself, in which '*' and '?' are plain characters.
bool IsPlainly(std::string_view form, std::string_view text);
bool IsPlainlyIgnoringCase(std::string_view form, std::string_view text);

}  // namespace bedplate::account::policy
