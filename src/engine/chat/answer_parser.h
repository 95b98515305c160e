// AnswerParser: reads the model's text as it comes: reasoning, content and calls of tools.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chat/answer_plan.h"
#include "engine/chat/message.h"
#include "engine/chat/unmarked_calls.h"

namespace bedplate::engine {

// What an answer says, or what it says more than before.
struct AnswerContent {
  std::string reasoning;
  std::string text;
  struct Call {
    size_t index = 0;  // which of the answer's calls
    std::string id;    // with the name, once
    std::string name;
    std::string arguments;  // a piece of JSON text
  };
  std::vector<Call> calls;

  bool empty() const { return reasoning.empty() && text.empty() && calls.empty(); }
};

// Not thread-safe.
class AnswerParser {
 public:
  // Deeper JSON is not read: the parser takes stack for each level.
  static constexpr int kNestingMax = 200;

  // Without a syntax everything is content.
  explicit AnswerParser(std::shared_ptr<const AnswerSyntax> syntax);

  // Takes whole characters.
  void Add(std::string_view text);
  // What is known now and was not given before. Reading starts at the answer's beginning each
  // time, so a long answer gives larger pieces: the work stays in proportion to its length.
  AnswerContent Take();
  // The answer is over and nothing was cut off if `whole`. Gives what Take did not.
  AnswerContent Finish(bool whole);

  // After Finish: everything, and how many calls there are.
  size_t calls() const { return given_.calls.size(); }
  // After Finish(true): the text was meant for a call of a tool but is none that can be made: not
  // JSON, or not a tool of the request.
  bool malformed() const { return malformed_; }

 private:
  bool Read(size_t length, AnswerContent& now) const;
  UnmarkedCalls ReadUnmarked() const;
  AnswerContent FinishUnmarked(const UnmarkedCalls& read, bool whole);
  bool IsWhole() const;
  size_t LongestFit() const;
  AnswerContent Give(const AnswerContent& now);

  std::shared_ptr<const AnswerSyntax> syntax_;
  std::string text_;
  size_t next_reading_at_ = 0;                 // bytes of text_
  size_t readable_ = static_cast<size_t>(-1);  // up to where JSON gets too deep
  int nesting_ = 0;
  AnswerContent before_;  // what the prompt's end already says: not part of the answer
  AnswerContent given_;
  bool malformed_ = false;
};

}  // namespace bedplate::engine
