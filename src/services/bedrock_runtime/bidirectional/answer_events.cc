#include "services/bedrock_runtime/bidirectional/answer_events.h"

#include <utility>

#include "base/ids.h"
#include "base/json/value.h"
#include "runtime/outcome.h"

namespace bedplate::services::bedrock_runtime::bidirectional {
namespace {

using Kind = runtime::AnswerPiece::Kind;

// Amazon documents PARTIAL_TURN, END_TURN, INTERRUPTED and TOOL_USE; the rest say what they mean.
std::string_view ToText(runtime::StopReason reason) {
  switch (reason) {
    case runtime::StopReason::kEndTurn:
    case runtime::StopReason::kStopSequence:
      return "END_TURN";
    case runtime::StopReason::kToolUse:
      return "TOOL_USE";
    case runtime::StopReason::kMalformedToolUse:
      return "MALFORMED_TOOL_USE";
    case runtime::StopReason::kMaxTokens:
      return "MAX_TOKENS";
    case runtime::StopReason::kContentFiltered:
      return "CONTENT_FILTERED";
    case runtime::StopReason::kContextWindowExceeded:
      return "MODEL_CONTEXT_WINDOW_EXCEEDED";
  }
  return "END_TURN";
}

void WriteTokens(json::Writer& writer, std::string_view name, int64_t input, int64_t output) {
  writer.Key(name);
  writer.BeginObject();
  for (const auto& [direction, tokens] : {std::pair("input", input), std::pair("output", output)}) {
    writer.Key(direction);
    writer.BeginObject();
    writer.Key("speechTokens");
    writer.Integer(0);
    writer.Key("textTokens");
    writer.Integer(tokens);
    writer.EndObject();
  }
  writer.EndObject();
}

void WriteMediaType(json::Writer& writer, std::string_view name, std::string_view type) {
  writer.Key(name);
  writer.BeginObject();
  writer.Key("mediaType");
  writer.String(type);
  writer.EndObject();
}

void WriteText(json::Writer& writer, std::string_view name, std::string_view text) {
  writer.Key(name);
  writer.String(text);
}

}  // namespace

AnswerEvents::Events AnswerEvents::Begin(const std::string& prompt_name) {
  events_.clear();
  message_ = {.role = runtime::Role::kAssistant};
  reasoning_.clear();
  reasoning_open_ = false;
  wants_tools_ = false;
  if (session_id_.empty()) session_id_ = NewUuid();
  if (completion_open_ && prompt_name == prompt_name_) return events_;
  prompt_name_ = prompt_name;
  completion_id_ = NewUuid();
  completion_open_ = true;
  json::Writer writer = BeginEvent("completionStart");
  EndEvent(writer);
  return events_;
}

AnswerEvents::Events AnswerEvents::Take(const runtime::AnswerPiece& piece) {
  events_.clear();
  switch (piece.kind) {
    case Kind::kText:
      OpenText();
      AddText(piece.text);
      break;
    case Kind::kTextEnd:  // no event of a session enables citations
    case Kind::kCitation:
      break;
    case Kind::kReasoning:
      OpenReasoning().text += piece.text;
      break;
    case Kind::kReasoningSignature:
      OpenReasoning().signature += piece.text;
      reasoning_open_ = false;
      break;
    case Kind::kRedactedReasoning:
      reasoning_.push_back({.redacted = std::string(piece.text)});
      reasoning_open_ = false;
      break;
    case Kind::kToolUse:
      Close("PARTIAL_TURN");
      block_ = Block::kTool;
      use_ = {.id = std::string(piece.text), .name = std::string(piece.name)};
      break;
    case Kind::kToolInput:
      use_.input += piece.text;
      break;
  }
  return events_;
}

AnswerEvents::Events AnswerEvents::Finish(const runtime::Outcome& outcome) {
  events_.clear();
  if (block_ == Block::kTool) CloseTool();
  const std::string_view reason = wants_tools_ ? "TOOL_USE" : ToText(outcome.stop_reason);
  Close(reason);
  AddUsage(outcome.usage);
  if (wants_tools_) return events_;  // goes on with their results
  json::Writer writer = BeginEvent("completionEnd");
  WriteText(writer, "stopReason", reason);
  EndEvent(writer);
  completion_open_ = false;
  return events_;
}

runtime::Message AnswerEvents::TakeMessage() {
  if (!message_.content.empty()) {
    message_.content.insert(message_.content.begin(), reasoning_.begin(), reasoning_.end());
  }
  return std::move(message_);
}

runtime::ReasoningBlock& AnswerEvents::OpenReasoning() {
  if (!std::exchange(reasoning_open_, true)) reasoning_.emplace_back();
  return reasoning_.back();
}

void AnswerEvents::OpenText() {
  if (block_ == Block::kText) return;
  Close("PARTIAL_TURN");
  block_ = Block::kText;
  AddContentStart("TEXT");
}

void AnswerEvents::Close(std::string_view stop_reason) {
  if (block_ == Block::kTool) CloseTool();
  if (block_ == Block::kText) {
    AddContentEnd("TEXT", stop_reason);
    // A blank text is sent, but no message may hold one.
    std::string said = std::exchange(text_, {});
    if (!runtime::IsBlank(said)) {
      message_.content.emplace_back(runtime::TextBlock{.text = std::move(said)});
    }
  }
  block_ = Block::kNone;
}

// A tool use is one event, so it is sent when it is whole. One that the model was stopped in is
// nothing that anybody could run.
void AnswerEvents::CloseTool() {
  block_ = Block::kNone;
  if (use_.input.empty()) use_.input = "{}";
  const auto input = json::Value::Parse(use_.input);
  if (!input || !input->is_object()) return;
  wants_tools_ = true;
  AddContentStart("TOOL");
  json::Writer writer = BeginEvent("toolUse");
  WriteText(writer, "contentId", content_id_);
  WriteText(writer, "content", use_.input);
  WriteText(writer, "toolName", use_.name);
  WriteText(writer, "toolUseId", use_.id);
  EndEvent(writer);
  AddContentEnd("TOOL", "TOOL_USE");
  message_.content.emplace_back(std::move(use_));
}

void AnswerEvents::AddText(std::string_view text) {
  text_ += text;
  json::Writer writer = BeginEvent("textOutput");
  WriteText(writer, "contentId", content_id_);
  WriteText(writer, "role", "ASSISTANT");
  WriteText(writer, "content", text);
  EndEvent(writer);
}

void AnswerEvents::AddUsage(const runtime::TokenUsage& usage) {
  const int64_t input = usage.Total() - usage.output_tokens;
  input_tokens_ += input;
  output_tokens_ += usage.output_tokens;
  json::Writer writer = BeginEvent("usageEvent");
  writer.Key("details");
  writer.BeginObject();
  WriteTokens(writer, "delta", input, usage.output_tokens);
  WriteTokens(writer, "total", input_tokens_, output_tokens_);
  writer.EndObject();
  writer.Key("totalInputTokens");
  writer.Integer(input_tokens_);
  writer.Key("totalOutputTokens");
  writer.Integer(output_tokens_);
  writer.Key("totalTokens");
  writer.Integer(input_tokens_ + output_tokens_);
  EndEvent(writer);
}

json::Writer AnswerEvents::BeginEvent(std::string_view name) {
  json::Writer writer(events_.emplace_back());
  writer.BeginObject();
  writer.Key("event");
  writer.BeginObject();
  writer.Key(name);
  writer.BeginObject();
  WriteText(writer, "sessionId", session_id_);
  WriteText(writer, "promptName", prompt_name_);
  WriteText(writer, "completionId", completion_id_);
  return writer;
}

void AnswerEvents::EndEvent(json::Writer& writer) {
  writer.EndObject();
  writer.EndObject();
  writer.EndObject();
}

void AnswerEvents::AddContentStart(std::string_view type) {
  content_id_ = NewUuid();
  json::Writer writer = BeginEvent("contentStart");
  WriteText(writer, "contentId", content_id_);
  WriteText(writer, "type", type);
  if (type == "TEXT") {
    WriteText(writer, "role", "ASSISTANT");
    // Of a model that speaks, a text is first a plan. These are what was said.
    WriteText(writer, "additionalModelFields", R"({"generationStage":"FINAL"})");
    WriteMediaType(writer, "textOutputConfiguration", "text/plain");
  } else {
    WriteText(writer, "role", "TOOL");
    WriteMediaType(writer, "toolUseOutputConfiguration", "application/json");
  }
  EndEvent(writer);
}

void AnswerEvents::AddContentEnd(std::string_view type, std::string_view stop_reason) {
  json::Writer writer = BeginEvent("contentEnd");
  WriteText(writer, "contentId", content_id_);
  WriteText(writer, "type", type);
  WriteText(writer, "stopReason", stop_reason);
  EndEvent(writer);
}

}  // namespace bedplate::services::bedrock_runtime::bidirectional
