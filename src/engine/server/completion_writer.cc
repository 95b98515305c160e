#include "engine/server/completion_writer.h"

#include "base/json/writer.h"

namespace bedplate::engine {
namespace {

std::string Head(std::string_view id, std::string_view object, std::string_view model,
                 int64_t created_s) {
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
  return head;  // open: choices and more follow
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
  writer.EndObject();
}

void WriteEnding(const Progress& last, json::Writer& writer) {
  writer.Key("finish_reason");
  writer.String(last.ending == Ending::kLength ? "length" : "stop");
  if (last.ending == Ending::kStopSequence) {
    writer.Key("stop_sequence");
    writer.String(last.stop_sequence);
  }
}

}  // namespace

CompletionWriter::CompletionWriter(CompletionKind kind, std::string_view id, std::string_view model,
                                   int64_t created_s)
    : kind_(kind) {
  const bool chat = kind == CompletionKind::kChat;
  head_whole_ = Head(id, chat ? "chat.completion" : "text_completion", model, created_s);
  head_chunk_ =
      "data: " + Head(id, chat ? "chat.completion.chunk" : "text_completion", model, created_s);
}

std::string CompletionWriter::Whole(std::string_view text, const Progress& last) const {
  std::string out = head_whole_ + ",\"choices\":";
  json::Writer writer(out);
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("index");
  writer.Integer(0);
  if (kind_ == CompletionKind::kChat) {
    writer.Key("message");
    writer.BeginObject();
    writer.Key("role");
    writer.String("assistant");
    writer.Key("content");
    writer.String(text);
    writer.EndObject();
  } else {
    writer.Key("text");
    writer.String(text);
  }
  WriteEnding(last, writer);
  writer.EndObject();
  writer.EndArray();
  writer.Key("usage");
  WriteUsage(last, writer);
  writer.EndObject();
  return out;
}

void CompletionWriter::AppendOpening(std::string& out) const {
  if (kind_ != CompletionKind::kChat) return;
  out += head_chunk_;
  out +=
      ",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
      "\"finish_reason\":null}]}\n\n";
}

void CompletionWriter::AppendText(std::string_view text, std::string& out) const {
  out += head_chunk_;
  out += kind_ == CompletionKind::kChat ? ",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                                        : ",\"choices\":[{\"index\":0,\"text\":";
  json::AppendQuoted(out, text);
  out += kind_ == CompletionKind::kChat ? "},\"finish_reason\":null}]}\n\n"
                                        : ",\"finish_reason\":null}]}\n\n";
}

void CompletionWriter::AppendEnding(const Progress& last, bool usage, std::string& out) const {
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
    WriteEnding(last, writer);
    writer.EndObject();
  }
  out += "]}\n\n";
  if (usage) {
    out += head_chunk_;
    out += ",\"choices\":[],\"usage\":";
    json::Writer writer(out);
    WriteUsage(last, writer);
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
