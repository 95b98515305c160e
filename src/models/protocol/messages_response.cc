#include "models/protocol/messages_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/citations/citation_json.h"

namespace bedplate::models {
namespace {

using json::Value;

std::unexpected<Error> BadAnswer(std::string_view what) {
  return Fail(Fault::kModelError,
              fmt::format("The model's server sent an answer that can't be read: {}.", what));
}

const std::string* FindText(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? nullptr : value->AsString();
}

std::string TextOf(const Value& object, std::string_view key) {
  const std::string* text = FindText(object, key);
  return text == nullptr ? std::string() : *text;
}

// `needed`: whether the count must be there; one that need not be may be null.
Result<int64_t> ReadCount(const Value& usage, std::string_view key, bool needed) {
  const Value* value = usage.Find(key);
  if (!needed && (value == nullptr || value->is_null())) return 0;
  if (value == nullptr) return BadAnswer(fmt::format("its usage has no {}", key));
  int64_t count = -1;
  if (!value->ToInt64(count) || count < 0 || count > kTokensCountMax) {
    return BadAnswer(fmt::format("its usage says {} for {}", value->ToJson(), key));
  }
  return count;
}

// What was written to a cache and read from one is of the prompt too, and `input_tokens` leaves
// both out.
Result<ChatUsage> ReadUsage(const Value* usage) {
  if (usage == nullptr || !usage->is_object()) return BadAnswer("it says nothing about its usage");
  ChatUsage counts;
  for (const std::string_view key :
       {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"}) {
    const auto count = ReadCount(*usage, key, key == "input_tokens");
    if (!count) return std::unexpected(count.error());
    counts.prompt_tokens += *count;
    if (key == "cache_creation_input_tokens") counts.cache_write_tokens = *count;
    if (key == "cache_read_input_tokens") counts.cached_tokens = counts.cache_read_tokens = *count;
  }
  const Value* written = usage->Find("cache_creation");
  if (written != nullptr && written->is_object()) {
    const auto count = ReadCount(*written, "ephemeral_1h_input_tokens", false);
    if (!count) return std::unexpected(count.error());
    counts.cache_write_long_tokens = std::min(*count, counts.cache_write_tokens);
  }
  if (counts.prompt_tokens > kTokensCountMax) {
    return BadAnswer(fmt::format("its usage says {} tokens of input", counts.prompt_tokens));
  }
  const auto output = ReadCount(*usage, "output_tokens", true);
  if (!output) return std::unexpected(output.error());
  counts.completion_tokens = *output;
  return counts;
}

// The tier that served, in OpenAI's words; empty where `usage` is silent.
std::string ReadServiceTier(const Value* usage) {
  const std::string tier = usage == nullptr ? std::string() : TextOf(*usage, "service_tier");
  return tier == "standard" ? "default" : tier;
}

// `holder` has stop_reason and stop_sequence.
Result<ChatFinish> ReadFinish(const Value& holder) {
  const std::string* reason = FindText(holder, "stop_reason");
  if (reason == nullptr) return BadAnswer("it has no stop_reason");
  ChatFinish finish;
  if (*reason == "max_tokens" || *reason == "model_context_window_exceeded") {
    finish.reason = FinishReason::kLength;
  } else if (*reason == "stop_sequence") {
    finish = {.reason = FinishReason::kStopSequence,
              .stop_sequence = TextOf(holder, "stop_sequence")};
  } else if (*reason == "tool_use") {
    finish.reason = FinishReason::kToolCalls;
  } else if (*reason == "refusal") {
    finish.reason = FinishReason::kContentFilter;
  } else if (*reason != "end_turn" && *reason != "pause_turn") {
    return BadAnswer(fmt::format("its stop_reason is '{}'", *reason));
  }
  return finish;
}

Result<ChatToolCall> ReadCall(const Value& block) {
  ChatToolCall call{.id = TextOf(block, "id"), .name = TextOf(block, "name")};
  const Value* input = block.Find("input");
  if (call.name.empty()) return BadAnswer("it has a tool_use without a name");
  if (input == nullptr || !input->is_object()) return BadAnswer("it has a tool_use without input");
  call.arguments = input->ToJson();
  return call;
}

Result<void> ReadBlock(const Value& block, ChatAnswer& answer) {
  const std::string type = TextOf(block, "type");
  if (type == "text") {
    if (FindText(block, "text") == nullptr) return BadAnswer("it has a text without text");
    ChatCitedSpan span{.begin = answer.text.size()};
    answer.text += TextOf(block, "text");
    span.end = answer.text.size();
    if (auto ok = ReadCitations(block.Find("citations"), span.citations); !ok) {
      return BadAnswer("a citation in it " + ok.error());
    }
    const bool cites = !span.citations.empty() && span.end > span.begin;
    if (cites) answer.cited.push_back(std::move(span));
  } else if (type == "thinking") {
    answer.reasoning.push_back(
        {.text = TextOf(block, "thinking"), .signature = TextOf(block, "signature")});
  } else if (type == "redacted_thinking") {
    answer.reasoning.push_back({.redacted = TextOf(block, "data")});
  } else if (type == "tool_use") {
    auto call = ReadCall(block);
    if (!call) return std::unexpected(std::move(call.error()));
    answer.tool_calls.push_back(std::move(*call));
  }
  return {};
}

Result<Value> ParseObject(std::string_view text) {
  auto root = Value::Parse(text);
  if (!root) return BadAnswer(root.error().message);
  if (!root->is_object()) return BadAnswer("it is no object");
  return root;
}

// {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}
std::string ErrorText(const Value& root) {
  const Value* error = root.Find("error");
  if (error == nullptr) return "no message";
  std::string text = TextOf(*error, "message");
  return text.empty() ? TextOf(*error, "type") : text;
}

Result<int64_t> IndexOf(const Value& event) {
  const Value* value = event.Find("index");
  int64_t index = -1;
  if (value == nullptr || !value->ToInt64(index) || index < 0) {
    return BadAnswer("an event of a block has no index");
  }
  return index;
}

void Clear(ChatChunk& chunk) {
  chunk.begins_text = false;
  chunk.text.clear();
  chunk.citations.clear();
  chunk.reasoning.clear();
  chunk.signature.clear();
  chunk.redacted.clear();
  chunk.tool_calls.clear();
  chunk.finish.reset();
  chunk.usage.reset();
  chunk.error.reset();
}

}  // namespace

Result<MessagesAnswer> ReadMessagesAnswer(std::string_view body) {
  auto root = ParseObject(body);
  if (!root) return std::unexpected(std::move(root.error()));
  if (TextOf(*root, "type") == "error") {
    return Fail(Fault::kModelError,
                fmt::format("The model returned the following errors: {}", ErrorText(*root)));
  }
  const Value* content = root->Find("content");
  if (content == nullptr || content->AsArray() == nullptr) return BadAnswer("it has no content");
  MessagesAnswer read{.id = TextOf(*root, "id")};
  for (const Value& block : *content->AsArray()) {
    if (auto ok = ReadBlock(block, read.answer); !ok) return std::unexpected(std::move(ok.error()));
  }
  auto finish = ReadFinish(*root);
  if (!finish) return std::unexpected(std::move(finish.error()));
  auto usage = ReadUsage(root->Find("usage"));
  if (!usage) return std::unexpected(std::move(usage.error()));
  read.answer.finish = std::move(*finish);
  read.answer.usage = *usage;
  read.answer.service_tier = ReadServiceTier(root->Find("usage"));
  return read;
}

Result<int64_t> ReadMessagesCount(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return std::unexpected(root.error());
  return ReadCount(*root, "input_tokens", true);
}

Result<void> MessagesEventReader::Read(std::string_view data, ChatChunk& chunk) {
  Clear(chunk);
  const auto event = ParseObject(data);
  if (!event) return std::unexpected(event.error());
  const std::string type = TextOf(*event, "type");
  if (type == "error") {
    chunk.error = ErrorText(*event);
    return {};
  }
  const bool known = type == "message_start" || type == "message_delta" || type == "message_stop" ||
                     type.starts_with("content_block_");
  if (!known) return {};  // ping, and what the protocol may have later
  if (ended_ || started_ == (type == "message_start")) {
    return BadAnswer(fmt::format("{} comes out of order", type));
  }
  if (type == "message_start") return ReadStart(*event);
  if (type == "content_block_start") return ReadBlockStart(*event, chunk);
  if (type == "content_block_delta") return ReadBlockDelta(*event, chunk);
  if (type == "content_block_stop") return ReadBlockStop(*event, chunk);
  if (type == "message_delta") return ReadMessageDelta(*event);
  if (type == "message_stop") return ReadStop(chunk);
  return {};
}

Result<void> MessagesEventReader::ReadStart(const Value& event) {
  const Value* message = event.Find("message");
  if (message == nullptr) return BadAnswer("message_start has no message");
  auto usage = ReadUsage(message->Find("usage"));
  if (!usage) return std::unexpected(std::move(usage.error()));
  usage_ = *usage;
  service_tier_ = ReadServiceTier(message->Find("usage"));
  id_ = TextOf(*message, "id");
  started_ = true;
  return {};
}

Result<void> MessagesEventReader::ReadBlockStart(const Value& event, ChatChunk& chunk) {
  const auto index = IndexOf(event);
  if (!index) return std::unexpected(index.error());
  if (open_ || finish_ || !begun_.insert(*index).second) {
    return BadAnswer(fmt::format("block {} begins out of order", *index));
  }
  open_ = *index;
  const Value* block = event.Find("content_block");
  if (block == nullptr) return BadAnswer("content_block_start has no content_block");
  const std::string type = TextOf(*block, "type");
  if (type == "text") {
    chunk.begins_text = block_ == Block::kText;
    block_ = Block::kText;
    chunk.text = TextOf(*block, "text");
    any_text_ = !chunk.text.empty();
  } else if (type == "thinking") {
    block_ = Block::kThinking;
    chunk.reasoning = TextOf(*block, "thinking");
    signature_ = TextOf(*block, "signature");
  } else if (type == "redacted_thinking") {
    block_ = Block::kUnknown;  // it has no deltas
    chunk.redacted = TextOf(*block, "data");
  } else if (type == "tool_use") {
    block_ = Block::kCall;
    any_input_ = false;
    if (FindText(*block, "name") == nullptr) return BadAnswer("it has a tool_use without a name");
    chunk.tool_calls.push_back(
        {.index = calls_++, .id = TextOf(*block, "id"), .name = TextOf(*block, "name")});
  } else {
    block_ = Block::kUnknown;
  }
  return {};
}

Result<void> MessagesEventReader::ReadBlockDelta(const Value& event, ChatChunk& chunk) {
  const auto index = IndexOf(event);
  if (!index) return std::unexpected(index.error());
  if (open_ != *index) {
    return BadAnswer(fmt::format("a delta of block {} comes out of order", *index));
  }
  const Value* delta = event.Find("delta");
  if (delta == nullptr) return BadAnswer("content_block_delta has no delta");
  const std::string type = TextOf(*delta, "type");
  if (type == "text_delta" && block_ == Block::kText) {
    chunk.text = TextOf(*delta, "text");
    any_text_ = any_text_ || !chunk.text.empty();
  } else if (type == "citations_delta" && block_ == Block::kText) {
    const Value* value = delta->Find("citation");
    if (value == nullptr) return BadAnswer("citations_delta has no citation");
    auto citation = ReadCitation(*value);
    if (!citation) return BadAnswer("a citation in it " + citation.error());
    if (*citation) citations_.push_back(std::move(**citation));
  } else if (type == "thinking_delta" && block_ == Block::kThinking) {
    chunk.reasoning = TextOf(*delta, "thinking");
  } else if (type == "signature_delta" && block_ == Block::kThinking) {
    signature_ += TextOf(*delta, "signature");
  } else if (type == "input_json_delta" && block_ == Block::kCall) {
    std::string piece = TextOf(*delta, "partial_json");
    if (piece.empty()) return {};
    any_input_ = true;
    chunk.tool_calls.push_back({.index = calls_ - 1, .arguments = std::move(piece)});
  }
  return {};
}

Result<void> MessagesEventReader::ReadBlockStop(const Value& event, ChatChunk& chunk) {
  const auto index = IndexOf(event);
  if (!index) return std::unexpected(index.error());
  if (open_ != *index) return BadAnswer(fmt::format("block {} ends out of order", *index));
  open_.reset();
  // Those of no text have nothing to stand by.
  if (any_text_) chunk.citations = std::move(citations_);
  citations_.clear();
  any_text_ = false;
  if (block_ == Block::kThinking) chunk.signature = std::exchange(signature_, {});
  // A call of a tool without arguments has no delta.
  if (block_ == Block::kCall && !any_input_) {
    chunk.tool_calls.push_back({.index = calls_ - 1, .arguments = "{}"});
  }
  return {};
}

// Its counts are of the whole answer so far; of the input it may say nothing.
Result<void> MessagesEventReader::ReadMessageDelta(const Value& event) {
  if (open_) return BadAnswer("message_delta comes out of order");
  const Value* usage = event.Find("usage");
  if (usage == nullptr || !usage->is_object()) return BadAnswer("message_delta has no usage");
  const auto output = ReadCount(*usage, "output_tokens", true);
  if (!output) return std::unexpected(output.error());
  const Value* input = usage->Find("input_tokens");
  if (input != nullptr && !input->is_null()) {
    auto whole = ReadUsage(usage);
    if (!whole) return std::unexpected(std::move(whole.error()));
    const ChatUsage before = std::exchange(*usage_, *whole);
    // What it doesn't say again is as message_start had it.
    if (usage->Find("cache_read_input_tokens") == nullptr) {
      usage_->cache_read_tokens = before.cache_read_tokens;
      usage_->prompt_tokens += before.cache_read_tokens;
    }
    if (usage->Find("cache_creation_input_tokens") == nullptr) {
      usage_->cache_write_tokens = before.cache_write_tokens;
      usage_->prompt_tokens += before.cache_write_tokens;
    }
    if (usage->Find("cache_creation") == nullptr) {
      usage_->cache_write_long_tokens =
          std::min(before.cache_write_long_tokens, usage_->cache_write_tokens);
    }
  }
  usage_->completion_tokens = *output;
  const Value* delta = event.Find("delta");
  if (delta == nullptr) return BadAnswer("message_delta has no delta");
  const Value* reason = delta->Find("stop_reason");
  if (reason == nullptr || reason->is_null()) return {};
  auto finish = ReadFinish(*delta);
  if (!finish) return std::unexpected(std::move(finish.error()));
  finish_ = std::move(*finish);
  return {};
}

Result<void> MessagesEventReader::ReadStop(ChatChunk& chunk) {
  if (open_ || !finish_) return BadAnswer("message_stop comes out of order");
  ended_ = true;
  chunk.finish = std::move(*finish_);
  chunk.usage = *usage_;
  return {};
}

}  // namespace bedplate::models
