#include "models/formats/content_blocks.h"

#include <fmt/format.h>

#include <utility>

#include "base/ids.h"
#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr size_t kIdCharacters = 24;
constexpr std::string_view kIdAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

std::string NewCallId(std::string_view prefix) {
  return std::string(prefix) + NewRandomText(kIdCharacters, kIdAlphabet);
}

Result<std::string> CallArguments(const ChatToolCall& call) {
  if (call.arguments.empty()) return "{}";
  auto value = json::Value::Parse(call.arguments);
  if (value && value->is_object()) return call.arguments;
  return Fail(Fault::kModelError,
              fmt::format("The model called the tool {} with arguments that are not a JSON object.",
                          call.name));
}

Error MalformedCall() {
  return Error{.fault = Fault::kModelError,
               .message =
                   "The model began a tool call that can't be read. Try your request "
                   "again."};
}

void ContentBlocks::Open(BlockKind block, std::vector<BlockEvent>& events) {
  Close(events);
  open_ = block;
  events.push_back({.kind = BlockEvent::Kind::kStart, .block = block, .index = next_index_++});
}

void ContentBlocks::Close(std::vector<BlockEvent>& events) {
  if (!open_) return;
  events.push_back({.kind = BlockEvent::Kind::kStop, .block = *open_, .index = next_index_ - 1});
  open_.reset();
}

void ContentBlocks::Delta(BlockKind block, std::string_view text, std::vector<BlockEvent>& events) {
  if (text.empty()) return;
  if (open_ != block) Open(block, events);
  events.push_back(
      {.kind = BlockEvent::Kind::kDelta, .block = block, .index = next_index_ - 1, .text = text});
}

// Servers number the pieces, or name the call again, or neither.
bool ContentBlocks::ContinuesCall(const ChatToolCallDelta& delta) const {
  if (open_ != BlockKind::kToolCall) return false;
  if (delta.index && call_index_) return *delta.index == *call_index_;
  return delta.id.empty() || delta.id == call_id_;
}

Result<void> ContentBlocks::AddCall(const ChatToolCallDelta& delta,
                                    std::vector<BlockEvent>& events) {
  if (!ContinuesCall(delta)) {
    held_.clear();
    if (delta.name.empty() ||
        (calls_ > 0 && delta.index && call_index_ && *delta.index <= *call_index_)) {
      return Fail(Fault::kModelError,
                  "The model's server sent a tool call without a name, or the pieces of several "
                  "at once.");
    }
    Open(BlockKind::kToolCall, events);
    ++calls_;
    call_index_ = delta.index;
    call_id_ = delta.id;
    events.back().call_id = delta.id.empty() ? NewCallId(id_prefix_) : delta.id;
    events.back().call_name = delta.name;
  }
  Delta(BlockKind::kToolCall, delta.arguments, events);
  return {};
}

// Models put line breaks before and after their calls. A block of nothing but space would be
// refused when it comes back, so space waits for the text that follows it.
void ContentBlocks::AddText(std::string_view text, std::vector<BlockEvent>& events) {
  if (open_ == BlockKind::kText) return Delta(BlockKind::kText, text, events);
  held_ += text;
  if (IsBlank(held_)) return;
  first_text_ = std::exchange(held_, {});
  Delta(BlockKind::kText, first_text_, events);
}

// Those of a text that is nothing but space so far have no block to stand in.
void ContentBlocks::AddCitations(const ChatChunk& chunk, std::vector<BlockEvent>& events) {
  if (!takes_citations_ || open_ != BlockKind::kText) return;
  for (const ChatCitation& citation : chunk.citations) {
    events.push_back({.kind = BlockEvent::Kind::kCitation,
                      .block = BlockKind::kText,
                      .index = next_index_ - 1,
                      .citation = &citation});
  }
}

int ContentBlocks::TakeIndex(std::vector<BlockEvent>& events) {
  Close(events);
  return next_index_++;
}

void ContentBlocks::End(std::vector<BlockEvent>& events) {
  // An answer of nothing but space is what the model said.
  if (open_ != BlockKind::kText && calls_ == 0) Delta(BlockKind::kText, held_, events);
  Close(events);
}

Result<void> ContentBlocks::Add(const ChatChunk& chunk, std::vector<BlockEvent>& events) {
  Delta(BlockKind::kReasoning, chunk.reasoning, events);
  if (!chunk.signature.empty()) {
    if (open_ != BlockKind::kReasoning) Open(BlockKind::kReasoning, events);
    events.push_back({.kind = BlockEvent::Kind::kSignature,
                      .block = BlockKind::kReasoning,
                      .index = next_index_ - 1,
                      .text = chunk.signature});
    Close(events);  // what is thought from here on is another block
  }
  if (takes_citations_ && chunk.begins_text && open_ == BlockKind::kText) Close(events);
  AddText(chunk.text, events);
  AddCitations(chunk, events);
  for (const ChatToolCallDelta& call : chunk.tool_calls) {
    if (auto added = AddCall(call, events); !added) return added;
  }
  return {};
}

}  // namespace bedplate::models
