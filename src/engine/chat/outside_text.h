// OutsideText: marks in what comes from outside where it could be taken for a control token, so
// that the mark is found again in the rendered prompt whatever a template did to the text (an
// interpreter's own marks get lost where it writes JSON).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "engine/chat/prompt.h"

namespace bedplate::engine {

// Not thread-safe; one for each prompt.
class OutsideText {
 public:
  // `controls` outlives it.
  explicit OutsideText(const ControlTexts& controls);

  // The text with a mark before each byte at which a control text begins, or may begin or go on
  // together with text around it. Most texts need none and stay as they are.
  std::string Mark(std::string_view text);
  // The same for all names and texts of a value, but that what stands before each of them is not
  // looked at: quotes and brackets do, and a template still has to know its keywords.
  json::Value MarkAll(const json::Value& value);
  bool marked() const { return marked_; }

  // The rendered prompt without the marks; the byte behind each is a part from outside.
  std::vector<PromptPart> TakeMarks(std::string_view prompt) const;

 private:
  std::string MarkFrom(std::string_view text, bool may_go_on);

  const ControlTexts& controls_;
  std::string mark_;  // random, so that nobody can write it
  bool marked_ = false;
};

}  // namespace bedplate::engine
