#include "engine/chat/answer_parser.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/ids.h"
#include "base/json/value.h"
#include "chat-peg-parser.h"
#include "engine/chat/answer_syntax.h"

namespace bedplate::engine {
namespace {

constexpr size_t kReadingsShare = 64;  // read again when so small a part of the text is new

std::string NewCallId() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  uint8_t bytes[24];
  FillRandom(bytes);
  std::string id = "call_";
  for (const uint8_t byte : bytes) id += kLetters[byte % kLetters.size()];
  return id;
}

// What `now` has more than `given`; nothing when it says otherwise than before, which a later
// reading may settle.
std::string More(const std::string& given, const std::string& now) {
  return now.starts_with(given) ? now.substr(given.size()) : std::string();
}

std::unique_ptr<common_chat_peg_mapper> MapperFor(common_chat_format format,
                                                  common_chat_msg& message) {
  if (format == COMMON_CHAT_FORMAT_PEG_GEMMA4) {
    return std::make_unique<common_chat_peg_gemma4_mapper>(message);
  }
  if (format == COMMON_CHAT_FORMAT_PEG_MINIMAX_M3) {
    return std::make_unique<common_chat_peg_minimax_m3_mapper>(message);
  }
  return std::make_unique<common_chat_peg_mapper>(message);
}

bool IsJsonObject(const std::string& text) {
  const auto value = json::Value::Parse(text);
  return value && value->is_object();
}

AnswerContent ContentOf(const UnmarkedCalls& read) {
  AnswerContent content;
  for (const UnmarkedCalls::Call& call : read.calls) {
    content.calls.push_back({.index = content.calls.size(),
                             .id = {},
                             .name = std::string(call.name),
                             .arguments = std::string(call.arguments)});
  }
  return content;
}

}  // namespace

AnswerParser::AnswerParser(std::shared_ptr<const AnswerSyntax> syntax)
    : syntax_(std::move(syntax)) {
  if (syntax_) Read(0, before_);
}

void AnswerParser::Add(std::string_view text) {
  for (const char c : text) {
    if (c == '}' || c == ']') --nesting_;
    if ((c == '{' || c == '[') && ++nesting_ > kNestingMax) {
      readable_ = std::min(readable_, text_.size());
    }
    text_ += c;
  }
}

// What the first `length` bytes say; false when no answer begins so.
bool AnswerParser::Read(size_t length, AnswerContent& now) const {
  if (length > readable_) return false;
  const common_chat_parser_params& params = syntax_->params;
  const std::string input = params.generation_prompt + text_.substr(0, length);
  try {
    common_peg_parse_context lenient(input, COMMON_PEG_PARSE_FLAG_LENIENT);
    const common_peg_parse_result result = params.parser.parse(lenient);
    if (result.fail()) return false;
    common_chat_msg message;
    MapperFor(params.format, message)->from_ast(lenient.ast, result);
    now = {.reasoning = More(before_.reasoning, message.reasoning_content),
           .text = More(before_.text, message.content),
           .calls = {}};
    for (size_t i = 0; i < message.tool_calls.size(); ++i) {
      common_chat_tool_call& call = message.tool_calls[i];
      now.calls.push_back({.index = i,
                           .id = std::move(call.id),
                           .name = std::move(call.name),
                           .arguments = std::move(call.arguments)});
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// Where the answer goes on from text of the caller's, it does not begin with a call.
UnmarkedCalls AnswerParser::ReadUnmarked() const {
  if (syntax_->callable.empty() || !before_.empty()) return {};
  return ReadUnmarkedCalls(text_, syntax_->callable, syntax_->calls_max);
}

bool AnswerParser::IsWhole() const {
  if (text_.size() > readable_) return false;
  const common_chat_parser_params& params = syntax_->params;
  try {
    const std::string input = params.generation_prompt + text_;
    common_peg_parse_context strict(input, COMMON_PEG_PARSE_FLAG_NONE);
    return params.parser.parse(strict).success();
  } catch (const std::exception&) {
    return false;
  }
}

// How much of the text is the beginning of some answer; what goes on wrongly fits no more.
size_t AnswerParser::LongestFit() const {
  size_t fits = 0;
  size_t fails = text_.size();
  AnswerContent content;
  while (fits + 1 < fails) {
    const size_t middle = fits + (fails - fits) / 2;
    (Read(middle, content) ? fits : fails) = middle;
  }
  return fits;
}

AnswerContent AnswerParser::Give(const AnswerContent& now) {
  AnswerContent more{.reasoning = More(given_.reasoning, now.reasoning),
                     .text = More(given_.text, now.text),
                     .calls = {}};
  given_.reasoning += more.reasoning;
  given_.text += more.text;
  for (const AnswerContent::Call& call : now.calls) {
    if (call.name.empty()) break;
    if (call.index >= given_.calls.size()) {
      given_.calls.push_back({.index = call.index,
                              .id = call.id.empty() ? NewCallId() : call.id,
                              .name = call.name,
                              .arguments = {}});
      more.calls.push_back(given_.calls.back());
    } else {
      more.calls.push_back({.index = call.index, .id = {}, .name = {}, .arguments = {}});
    }
    AnswerContent::Call& given = given_.calls[call.index];
    more.calls.back().arguments = More(given.arguments, call.arguments);
    given.arguments += more.calls.back().arguments;
    if (more.calls.back().name.empty() && more.calls.back().arguments.empty()) {
      more.calls.pop_back();
    }
  }
  return more;
}

AnswerContent AnswerParser::Take() {
  if (!syntax_) return {.reasoning = {}, .text = std::exchange(text_, {}), .calls = {}};
  if (text_.size() < next_reading_at_) return {};
  next_reading_at_ = text_.size() + 1 + text_.size() / kReadingsShare;
  // With other text behind it, it is no call: that shows at the end.
  if (ReadUnmarked().kind != UnmarkedCalls::Kind::kNone) return {};
  AnswerContent now;
  return Read(text_.size(), now) ? Give(now) : AnswerContent{};
}

AnswerContent AnswerParser::FinishUnmarked(const UnmarkedCalls& read, bool whole) {
  const AnswerContent now = ContentOf(read);
  malformed_ =
      whole && (!read.calls.back().whole || !std::ranges::all_of(now.calls, [](const auto& call) {
        return IsJsonObject(call.arguments);
      }));
  return Give(now);
}

AnswerContent AnswerParser::Finish(bool whole) {
  if (!syntax_) return Take();
  if (const UnmarkedCalls unmarked = ReadUnmarked();
      unmarked.kind == UnmarkedCalls::Kind::kCalls && unmarked.rest.empty()) {
    return FinishUnmarked(unmarked, whole);
  }
  AnswerContent now;
  const bool fits = Read(text_.size(), now);
  if (!fits) Read(LongestFit(), now);
  const bool calls_are_json =
      std::ranges::all_of(now.calls, [](const auto& call) { return IsJsonObject(call.arguments); });
  const bool says_nothing = now.reasoning.empty() && now.text.empty() && !text_.empty();
  malformed_ =
      whole && (!fits || !calls_are_json || ((!now.calls.empty() || says_nothing) && !IsWhole()));
  // What was meant is for the reader to see, where none of it has been given another way.
  if ((malformed_ || !fits) && now.calls.empty() && now.reasoning.empty()) {
    now.text = text_;
  }
  return Give(now);
}

}  // namespace bedplate::engine
