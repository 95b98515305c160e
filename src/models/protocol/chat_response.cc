#include "models/protocol/chat_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/json/reader.h"
#include "models/citations/citation_json.h"

namespace bedplate::models {
namespace {

using json::Kind;
using json::Reader;

std::unexpected<Error> BadAnswer(std::string_view what) {
  return Fail(Fault::kModelError,
              fmt::format("The model's server sent an answer that can't be read: {}.", what));
}

void ReadInteger(Reader& reader, int64_t& value) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
  } else if (std::string_view number = reader.Number(); !reader.failed()) {
    if (!json::ToInt64(number, value)) reader.Fail("Expected an integer");
  }
}

void ReadNumber(Reader& reader, double& value) {
  if (std::string_view number = reader.Number(); !reader.failed()) {
    if (!json::ToDouble(number, value)) reader.Fail("Expected a number");
  }
}

// Null counts as absent.
void ReadText(Reader& reader, std::string& text) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
  } else {
    reader.String(text);
  }
}

// A count that no answer can have is not handed on.
void ReadCount(Reader& reader, int64_t& count) {
  ReadInteger(reader, count);
  if (!reader.failed() && (count < 0 || count > std::numeric_limits<int32_t>::max())) {
    reader.Fail(fmt::format("A count of {} tokens", count));
  }
}

void ReadCount(Reader& reader, std::optional<int64_t>& count) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
  } else {
    ReadCount(reader, count.emplace());
  }
}

// One count of an object of them; what is no object says nothing.
template <class Count>
void ReadDetail(Reader& reader, std::string_view name, Count& count) {
  if (reader.Peek() != Kind::kObject) {
    reader.Skip();
    return;
  }
  std::string_view key;
  reader.BeginObject();
  while (reader.NextKey(key)) {
    if (key == name) {
      ReadCount(reader, count);
    } else {
      reader.Skip();
    }
  }
}

void ReadUsage(Reader& reader, std::optional<ChatUsage>& usage) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
    return;
  }
  ChatUsage& counts = usage.emplace();
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "prompt_tokens") {
      ReadCount(reader, counts.prompt_tokens);
    } else if (key == "completion_tokens") {
      ReadCount(reader, counts.completion_tokens);
    } else if (key == "cache_read_input_tokens") {
      ReadCount(reader, counts.cache_read_tokens);
    } else if (key == "cache_creation_input_tokens") {
      ReadCount(reader, counts.cache_write_tokens);
    } else if (key == "cache_creation") {
      ReadDetail(reader, "ephemeral_1h_input_tokens", counts.cache_write_long_tokens);
    } else if (key == "prompt_tokens_details") {
      ReadDetail(reader, "cached_tokens", counts.cached_tokens);
    } else if (key == "completion_tokens_details") {
      ReadDetail(reader, "reasoning_tokens", counts.reasoning_tokens);
    } else {
      reader.Skip();
    }
  }
  // Counts that don't fit each other must not become negative ones further on.
  if (counts.reasoning_tokens) {
    counts.reasoning_tokens = std::min(*counts.reasoning_tokens, counts.completion_tokens);
  }
  counts.cache_write_long_tokens =
      std::min(counts.cache_write_long_tokens, counts.cache_write_tokens);
  counts.prompt_tokens =
      std::max(counts.prompt_tokens, counts.cache_read_tokens + counts.cache_write_tokens);
}

// How a choice ended; reason is empty while it has not.
struct Ending {
  std::string reason;
  std::string stop_sequence;
  bool stop_sequence_set = false;
};

std::optional<ChatFinish> ToFinish(Ending&& ending) {
  if (ending.reason.empty()) return std::nullopt;
  ChatFinish finish;
  if (ending.reason == "length") {
    finish.reason = FinishReason::kLength;
  } else if (ending.reason == "tool_calls" || ending.reason == "function_call") {
    finish.reason = FinishReason::kToolCalls;
  } else if (ending.reason.starts_with("malformed")) {  // _tool_call, _function_call
    finish.reason = FinishReason::kMalformedToolCall;
  } else if (ending.reason == "content_filter") {
    finish.reason = FinishReason::kContentFilter;
  } else if (ending.stop_sequence_set) {
    finish.reason = FinishReason::kStopSequence;
    finish.stop_sequence = std::move(ending.stop_sequence);
  }
  return finish;
}

// Where a text stands in its document, from its opening quote to behind the closing one.
struct Place {
  size_t begin = 0;
  size_t end = 0;
};

void ReadFunction(Reader& reader, ChatToolCallDelta& call) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "name") {
      ReadText(reader, call.name);
    } else if (key == "arguments" && reader.Peek() == Kind::kObject) {
      call.arguments = reader.Raw();  // some servers send the value itself
    } else if (key == "arguments") {
      ReadText(reader, call.arguments);
    } else {
      reader.Skip();
    }
  }
}

// `tool_calls` of a message, and of a delta.
void ReadToolCalls(Reader& reader, std::vector<ChatToolCallDelta>& calls) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
    return;
  }
  if (!reader.BeginArray()) return;
  while (reader.NextElement()) {
    ChatToolCallDelta& call = calls.emplace_back();
    std::string_view key;
    if (!reader.BeginObject()) return;
    while (reader.NextKey(key)) {
      if (key == "id") {
        ReadText(reader, call.id);
      } else if (key == "index" && reader.Peek() == Kind::kNumber) {
        ReadInteger(reader, call.index.emplace());
      } else if (key == "function" && reader.Peek() == Kind::kObject) {
        ReadFunction(reader, call);
      } else {
        reader.Skip();
      }
    }
  }
}

void ReadThinkingBlocks(Reader& reader, std::vector<ChatReasoning>& blocks) {
  if (!reader.BeginArray()) return;
  while (reader.NextElement()) {
    ChatReasoning& block = blocks.emplace_back();
    std::string_view key;
    if (!reader.BeginObject()) return;
    while (reader.NextKey(key)) {
      if (key == "thinking") {
        ReadText(reader, block.text);
      } else if (key == "signature") {
        ReadText(reader, block.signature);
      } else if (key == "data") {
        ReadText(reader, block.redacted);
      } else {
        reader.Skip();
      }
    }
  }
}

void ReadDeltaCitations(Reader& reader, std::vector<ChatCitation>& citations) {
  const json::Value array = json::Value::Read(reader);
  if (auto ok = ReadCitations(&array, citations); !ok) reader.Fail("A citation " + ok.error());
}

// Reads {"role": …, "content": …}, under `message` or `delta`. `place` is where the content stands,
// or nothing when the text is more than that. `cited` are spans of a whole answer's text.
void ReadContent(Reader& reader, ChatChunk& chunk, Place& place, json::Value* cited) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
    return;
  }
  std::string refusal;
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "content") {
      reader.Peek();  // skips white space
      place.begin = reader.offset();
      ReadText(reader, chunk.text);
      place.end = reader.offset();
    } else if (key == "reasoning_content") {
      ReadText(reader, chunk.reasoning);
    } else if (key == "reasoning" && reader.Peek() == Kind::kString) {
      // Servers that send both names send the same under both.
      std::string_view reasoning = reader.String();
      if (chunk.reasoning.empty()) chunk.reasoning = reasoning;
    } else if (key == "tool_calls") {
      ReadToolCalls(reader, chunk.tool_calls);
    } else if (key == "refusal") {
      ReadText(reader, refusal);
    } else if (key == "thinking_blocks" && reader.Peek() == Kind::kArray) {
      ReadThinkingBlocks(reader, chunk.thinking_blocks);
    } else if (key == kBeginsText && reader.Peek() == Kind::kBoolean) {
      reader.Boolean(chunk.begins_text);
    } else if (key == kTextCitations && cited != nullptr) {
      *cited = json::Value::Read(reader);
    } else if (key == kTextCitations) {
      ReadDeltaCitations(reader, chunk.citations);
    } else {
      reader.Skip();
    }
  }
  if (!refusal.empty()) {
    chunk.text += refusal;
    place = {};
  }
}

// Servers say what was thought in `reasoning_content` too, or in that alone: then `text` is of the
// one block that can be read, or else a block of its own, as nothing tells which signature is of
// which part.
void PutText(std::vector<ChatReasoning>& blocks, std::string&& text) {
  const auto has_text = [](const ChatReasoning& block) { return !block.text.empty(); };
  const auto readable = [](const ChatReasoning& block) { return block.redacted.empty(); };
  if (text.empty() || std::ranges::any_of(blocks, has_text)) return;
  const bool one = std::ranges::count_if(blocks, readable) == 1;
  const auto at = one ? std::ranges::find_if(blocks, readable) : blocks.emplace(blocks.begin());
  at->text = std::move(text);
}

using LogProbabilities = std::vector<ChatTokenLogProbability>;

// What a whole answer has beside that of a chunk.
struct WholeAnswer {
  LogProbabilities log_probabilities;
  json::Value cited;
};

// Elements of `content` of a choice's `logprobs`, and of their `top_logprobs`.
void ReadLogProbabilities(Reader& reader, LogProbabilities& tokens) {
  if (!reader.BeginArray()) return;
  while (reader.NextElement()) {
    ChatTokenLogProbability& token = tokens.emplace_back();
    std::string_view key;
    if (!reader.BeginObject()) return;
    while (reader.NextKey(key)) {
      if (key == "token" && reader.Peek() == Kind::kString) {
        reader.String(token.token);
      } else if (key == "logprob" && reader.Peek() == Kind::kNumber) {
        ReadNumber(reader, token.log_probability);
      } else if (key == "top_logprobs" && reader.Peek() == Kind::kArray) {
        ReadLogProbabilities(reader, token.top);
      } else {
        reader.Skip();
      }
    }
  }
}

void ReadLogprobs(Reader& reader, LogProbabilities& tokens) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "content" && reader.Peek() == Kind::kArray) {
      ReadLogProbabilities(reader, tokens);
    } else {
      reader.Skip();
    }
  }
}

// Reads the choices; only the first one counts, as only one was asked for. `whole` is null for a
// chunk: no format streams log probabilities but those that hand chunks on as they are.
bool ReadChoices(Reader& reader, std::string_view content_key, ChatChunk& chunk, Place& place,
                 Ending& ending, WholeAnswer* whole) {
  bool any = false;
  if (!reader.BeginArray()) return false;
  while (reader.NextElement()) {
    if (any) {
      reader.Skip();
      continue;
    }
    any = true;
    std::string_view key;
    if (!reader.BeginObject()) return false;
    while (reader.NextKey(key)) {
      if (key == content_key) {
        ReadContent(reader, chunk, place, whole == nullptr ? nullptr : &whole->cited);
      } else if (key == "text" && reader.Peek() == Kind::kString) {
        reader.String(chunk.text);  // of a completion that is no chat
      } else if (key == "finish_reason") {
        ReadText(reader, ending.reason);
      } else if ((key == "stop_sequence" || key == "stop_reason") &&
                 reader.Peek() == Kind::kString) {
        ending.stop_sequence_set = reader.String(ending.stop_sequence);
      } else if (key == "logprobs" && whole != nullptr && reader.Peek() == Kind::kObject) {
        ReadLogprobs(reader, whole->log_probabilities);
      } else {
        reader.Skip();
      }
    }
  }
  return any;
}

void ReadErrorMessage(Reader& reader, std::optional<std::string>& error) {
  if (reader.Peek() == Kind::kNull) {
    reader.Null();
    return;
  }
  std::string& message = error.emplace("no message");
  if (reader.Peek() == Kind::kString) {
    reader.String(message);
    return;
  }
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "message") {
      ReadText(reader, message);
    } else {
      reader.Skip();
    }
  }
}

// What a whole answer and a chunk have in common.
Result<bool> ReadCompletion(std::string_view json, std::string_view content_key, ChatChunk& chunk,
                            Place& text_place, WholeAnswer* whole) {
  Reader reader(json);
  Ending ending;
  bool any_choice = false;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == "choices") {
        any_choice = ReadChoices(reader, content_key, chunk, text_place, ending, whole);
      } else if (key == "usage") {
        ReadUsage(reader, chunk.usage);
      } else if (key == "error") {
        ReadErrorMessage(reader, chunk.error);
      } else if (key == "service_tier" && reader.Peek() == Kind::kString) {
        reader.String(chunk.service_tier);
      } else {
        reader.Skip();
      }
    }
  }
  if (!reader.Finish()) return BadAnswer(reader.error());
  chunk.finish = ToFinish(std::move(ending));
  return any_choice;
}

}  // namespace

Result<ChatAnswer> ReadChatAnswer(std::string_view body) {
  ChatChunk whole;
  Place place;
  WholeAnswer beside;
  auto any_choice = ReadCompletion(body, "message", whole, place, &beside);
  if (!any_choice) return std::unexpected(std::move(any_choice.error()));
  if (whole.error) {
    return Fail(Fault::kModelError,
                fmt::format("The model returned the following errors: {}", *whole.error));
  }
  if (!*any_choice || !whole.finish) return BadAnswer("it has no finished choice");
  if (!whole.usage) return BadAnswer("it says nothing about its usage");
  ChatAnswer answer{.text = std::move(whole.text),
                    .reasoning = std::move(whole.thinking_blocks),
                    .finish = std::move(*whole.finish),
                    .usage = *whole.usage,
                    .service_tier = std::move(whole.service_tier)};
  auto cited = ReadCitedSpans(beside.cited, answer.text.size());
  if (!cited) return BadAnswer(cited.error());
  answer.cited = std::move(*cited);
  PutText(answer.reasoning, std::move(whole.reasoning));
  answer.tool_calls.reserve(whole.tool_calls.size());
  for (ChatToolCallDelta& call : whole.tool_calls) {
    answer.tool_calls.push_back({.id = std::move(call.id),
                                 .name = std::move(call.name),
                                 .arguments = std::move(call.arguments)});
  }
  // Tokens of thoughts and calls stand among those of the text.
  if (answer.reasoning.empty() && answer.tool_calls.empty()) {
    answer.log_probabilities = std::move(beside.log_probabilities);
  }
  return answer;
}

Result<void> ChatChunkReader::Read(std::string_view data, ChatChunk& chunk) {
  chunk.begins_text = false;
  chunk.text.clear();
  chunk.citations.clear();
  chunk.reasoning.clear();
  chunk.signature.clear();
  chunk.redacted.clear();
  chunk.thinking_blocks.clear();
  chunk.tool_calls.clear();
  chunk.service_tier.clear();
  chunk.finish.reset();
  chunk.usage.reset();
  chunk.error.reset();
  if (ReadTextAlone(data, chunk)) return {};
  Place place;
  auto read = ReadCompletion(data, "delta", chunk, place, nullptr);
  if (!read) return std::unexpected(std::move(read.error()));
  any_reasoning_ |= !chunk.reasoning.empty();
  for (const ChatReasoning& block : chunk.thinking_blocks) {
    if (!any_reasoning_) chunk.reasoning += block.text;
    if (!block.signature.empty()) chunk.signature = block.signature;
    if (!block.redacted.empty()) chunk.redacted = block.redacted;
  }
  if (place.end != 0 && chunk.BringsTextAlone()) {
    before_text_.assign(data.substr(0, place.begin + 1));
    after_text_.assign(data.substr(place.end - 1));
  }
  return {};
}

// The same document around another string is as well-formed as the last, and says the same.
bool ChatChunkReader::ReadTextAlone(std::string_view data, ChatChunk& chunk) {
  if (before_text_.empty() || data.size() < before_text_.size() + after_text_.size() ||
      !data.starts_with(before_text_) || !data.ends_with(after_text_)) {
    return false;
  }
  const size_t begin = before_text_.size() - 1;
  Reader reader(data.substr(begin, data.size() - begin - after_text_.size() + 1));
  if (reader.String(chunk.text) && reader.Finish()) return true;
  chunk.text.clear();
  return false;
}

Result<int64_t> ReadTokenCount(std::string_view body) {
  Reader reader(body);
  int64_t count = -1;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == "count") {
        ReadInteger(reader, count);
      } else {
        reader.Skip();
      }
    }
  }
  if (!reader.Finish()) return BadAnswer(reader.error());
  if (count < 0) return BadAnswer("it has no count");
  return count;
}

}  // namespace bedplate::models
