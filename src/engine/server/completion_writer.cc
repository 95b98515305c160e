#include "engine/server/completion_writer.h"

#include <utility>

#include "base/json/writer.h"

namespace bedplate::engine {
namespace {

std::string_view TierName(scheduler::Tier tier) {
  switch (tier) {
    case scheduler::Tier::kPriority:
      return "priority";
    case scheduler::Tier::kFlex:
      return "flex";
    case scheduler::Tier::kDefault:
      break;
  }
  return "default";
}

std::string Head(std::string_view id, std::string_view object, std::string_view model,
                 int64_t created_s, std::optional<scheduler::Tier> tier) {
  std::string head;
  json::Writer writer(head);
  writer.BeginObject();
  writer.Key("id");
  writer.String(id);
  writer.Key("object");
  writer.String(object);
  writer.Key("created");
  writer.Integer(created_s);
  writer.Key("model");
  writer.String(model);
  if (tier) {
    writer.Key("service_tier");
    writer.String(TierName(*tier));
  }
  return head;  // open: choices and more follow
}

// Of the prompt's tokens, those before cache points; as Anthropic's API names them.
void WriteCheckpointUse(const CheckpointUse& use, json::Writer& writer) {
  const uint32_t written = use.written_short_tokens + use.written_long_tokens;
  if (use.read_tokens + written == 0) return;
  writer.Key("cache_read_input_tokens");
  writer.Unsigned(use.read_tokens);
  writer.Key("cache_creation_input_tokens");
  writer.Unsigned(written);
  writer.Key("cache_creation");
  writer.BeginObject();
  writer.Key("ephemeral_5m_input_tokens");
  writer.Unsigned(use.written_short_tokens);
  writer.Key("ephemeral_1h_input_tokens");
  writer.Unsigned(use.written_long_tokens);
  writer.EndObject();
}

void WriteUsage(const Progress& last, json::Writer& writer) {
  writer.BeginObject();
  writer.Key("prompt_tokens");
  writer.Unsigned(last.prompt_tokens);
  writer.Key("completion_tokens");
  writer.Unsigned(last.new_tokens);
  writer.Key("total_tokens");
  writer.Unsigned(uint64_t{last.prompt_tokens} + last.new_tokens);
  writer.Key("prompt_tokens_details");
  writer.BeginObject();
  writer.Key("cached_tokens");
  writer.Unsigned(last.cached_tokens);
  writer.EndObject();
  WriteCheckpointUse(last.checkpoint_use, writer);
  writer.EndObject();
}

void AppendLogprobs(std::string_view logprobs, std::string& out) {
  if (logprobs.empty()) return;
  out += ",\"logprobs\":";
  out += logprobs;
}

void WriteEnding(const AnswerEnding& ending, json::Writer& writer) {
  writer.Key("finish_reason");
  writer.String(ending.finish_reason);
  if (ending.last.ending == Ending::kStopSequence) {
    writer.Key("stop_sequence");
    writer.String(ending.last.stop_sequence);
  }
}

// A call, or a piece of one: then `index` says of which, and its name is known from before.
void WriteCall(const AnswerContent::Call& call, bool with_index, json::Writer& writer) {
  writer.BeginObject();
  if (with_index) {
    writer.Key("index");
    writer.Unsigned(call.index);
  }
  if (!call.name.empty()) {
    writer.Key("id");
    writer.String(call.id);
    writer.Key("type");
    writer.String("function");
  }
  writer.Key("function");
  writer.BeginObject();
  if (!call.name.empty()) {
    writer.Key("name");
    writer.String(call.name);
  }
  writer.Key("arguments");
  writer.String(call.arguments);
  writer.EndObject();
  writer.EndObject();
}

void WriteMessage(const AnswerContent& content, json::Writer& writer) {
  writer.BeginObject();
  writer.Key("role");
  writer.String("assistant");
  writer.Key("content");
  if (content.text.empty() && !content.calls.empty()) {
    writer.Null();
  } else {
    writer.String(content.text);
  }
  if (!content.reasoning.empty()) {
    writer.Key("reasoning_content");
    writer.String(content.reasoning);
  }
  if (!content.calls.empty()) {
    writer.Key("tool_calls");
    writer.BeginArray();
    for (const AnswerContent::Call& call : content.calls) WriteCall(call, false, writer);
    writer.EndArray();
  }
  writer.EndObject();
}

}  // namespace

CompletionWriter::CompletionWriter(CompletionKind kind, std::string_view id, std::string_view model,
                                   int64_t created_s, std::optional<scheduler::Tier> tier)
    : kind_(kind) {
  const bool chat = kind == CompletionKind::kChat;
  head_whole_ = Head(id, chat ? "chat.completion" : "text_completion", model, created_s, tier);
  head_chunk_ = "data: " + Head(id, chat ? "chat.completion.chunk" : "text_completion", model,
                                created_s, tier);
}

std::string CompletionWriter::Whole(const AnswerContent& content, std::string_view logprobs,
                                    const AnswerEnding& ending) const {
  std::string out = head_whole_ + ",\"choices\":";
  json::Writer writer(out);
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("index");
  writer.Integer(0);
  if (kind_ == CompletionKind::kChat) {
    writer.Key("message");
    WriteMessage(content, writer);
  } else {
    writer.Key("text");
    writer.String(content.text);
  }
  AppendLogprobs(logprobs, out);
  WriteEnding(ending, writer);
  writer.EndObject();
  writer.EndArray();
  writer.Key("usage");
  WriteUsage(ending.last, writer);
  writer.EndObject();
  return out;
}

void CompletionWriter::AppendOpening(std::optional<size_t> prompt_tokens, std::string& out) const {
  if (kind_ != CompletionKind::kChat) return;
  out += head_chunk_;
  out +=
      ",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
      "\"finish_reason\":null}]";
  if (prompt_tokens) {
    out += ",\"usage\":";
    json::Writer writer(out);
    writer.BeginObject();
    writer.Key("prompt_tokens");
    writer.Unsigned(*prompt_tokens);
    writer.Key("completion_tokens");
    writer.Unsigned(0);
    writer.Key("total_tokens");
    writer.Unsigned(*prompt_tokens);
    writer.EndObject();
  }
  out += "}\n\n";
}

void CompletionWriter::AppendDelta(std::string_view member, std::string_view text,
                                   std::string_view logprobs, std::string& out) const {
  if (text.empty()) return;
  out += head_chunk_;
  if (kind_ == CompletionKind::kText) {
    out += ",\"choices\":[{\"index\":0,\"text\":";
    json::AppendQuoted(out, text);
    AppendLogprobs(logprobs, out);
    out += ",\"finish_reason\":null}]}\n\n";
    return;
  }
  out += ",\"choices\":[{\"index\":0,\"delta\":{\"";
  out += member;
  out += "\":";
  json::AppendQuoted(out, text);
  out += '}';
  AppendLogprobs(logprobs, out);
  out += ",\"finish_reason\":null}]}\n\n";
}

void CompletionWriter::AppendContent(const AnswerContent& content, std::string_view logprobs,
                                     std::string& out) const {
  AppendDelta("reasoning_content", content.reasoning, logprobs, out);
  if (!content.reasoning.empty()) logprobs = {};
  AppendDelta("content", content.text, logprobs, out);
  if (!content.text.empty()) logprobs = {};
  for (const AnswerContent::Call& call : content.calls) {
    out += head_chunk_;
    out += ",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[";
    json::Writer writer(out);
    WriteCall(call, true, writer);
    out += "]}";
    AppendLogprobs(std::exchange(logprobs, {}), out);
    out += ",\"finish_reason\":null}]}\n\n";
  }
}

void CompletionWriter::AppendEnding(const AnswerEnding& ending, std::string_view logprobs,
                                    bool usage, std::string& out) const {
  out += head_chunk_;
  out += ",\"choices\":[";
  {
    json::Writer writer(out);
    writer.BeginObject();
    writer.Key("index");
    writer.Integer(0);
    if (kind_ == CompletionKind::kChat) {
      writer.Key("delta");
      writer.BeginObject();
      writer.EndObject();
    } else {
      writer.Key("text");
      writer.String("");
    }
    AppendLogprobs(logprobs, out);
    WriteEnding(ending, writer);
    writer.EndObject();
  }
  out += "]}\n\n";
  if (usage) {
    out += head_chunk_;
    out += ",\"choices\":[],\"usage\":";
    json::Writer writer(out);
    WriteUsage(ending.last, writer);
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

void CompletionWriter::AppendError(std::string_view message, std::string_view code,
                                   std::string& out) {
  out += "data: ";
  out += ErrorBody(message, code);
  out += "\n\n";
}

std::string ErrorBody(std::string_view message, std::string_view code) {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("error");
  writer.BeginObject();
  writer.Key("message");
  writer.String(message);
  writer.Key("type");
  writer.String(code == "context_length_exceeded" ? "invalid_request_error" : code);
  writer.Key("code");
  writer.String(code);
  writer.EndObject();
  writer.EndObject();
  return out;
}

}  // namespace bedplate::engine
