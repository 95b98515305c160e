#include "runtime/tool_calls.h"

#include <algorithm>
#include <utility>

#include "base/ids.h"
#include "base/json/reader.h"
#include "runtime/outcome.h"

namespace bedplate::runtime {
namespace {

constexpr size_t kIdCharactersMax = 64;    // spec: bedrock-runtime#ToolUseId
constexpr size_t kNameCharactersMax = 64;  // spec: bedrock-runtime#ToolName
constexpr size_t kRandomCharacters = 22;   // 132 bits
constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kNoArguments = "{}";

bool Fits(std::string_view text, size_t characters_max, std::string_view marks) {
  return !text.empty() && text.size() <= characters_max && std::ranges::all_of(text, [&](char c) {
    return kLettersAndDigits.contains(c) || marks.contains(c);
  });
}

bool FitsToolUseId(std::string_view id) { return Fits(id, kIdCharactersMax, "_.:-"); }
bool FitsToolName(std::string_view name) { return Fits(name, kNameCharactersMax, "_-"); }

std::string NewToolUseId() {
  return "tooluse_" + NewRandomText(kRandomCharacters, kLettersAndDigits);
}

bool IsJsonObject(std::string_view text) {
  json::Reader reader(text);
  return reader.Peek() == json::Kind::kObject && reader.Skip() && reader.Finish();
}

}  // namespace

ToolUses ToToolUses(std::vector<models::ChatToolCall>&& calls) {
  ToolUses uses;
  for (models::ChatToolCall& call : calls) {
    if (IsBlank(call.arguments)) call.arguments = kNoArguments;
    if (!FitsToolName(call.name) || !IsJsonObject(call.arguments)) {
      uses.malformed = true;
      continue;
    }
    const bool used =
        std::ranges::find(uses.blocks, call.id, &ToolUseBlock::id) != uses.blocks.end();
    if (used || !FitsToolUseId(call.id)) call.id = NewToolUseId();
    uses.blocks.push_back({.id = std::move(call.id),
                           .name = std::move(call.name),
                           .input = std::move(call.arguments)});
  }
  return uses;
}

Result<void> ToolCallStream::Take(const models::ChatToolCallDelta& delta,
                                  std::vector<AnswerPiece>& pieces) {
  Call* call = Find(delta);
  if (call == nullptr) {
    if (!calls_.empty()) End(*calls_.back(), pieces);
    call = calls_.emplace_back(std::make_unique<Call>()).get();
    call->index = delta.index;
  }
  if (call->ended) {
    if (delta.arguments.empty()) return {};
    return Fail(Fault::kModelStreamError,
                "The model's server mixed the pieces of several tool calls. Retry your request.");
  }
  if (call->server_id.empty()) call->server_id = delta.id;
  if (call->name.empty()) call->name = delta.name;
  call->arguments += delta.arguments;
  if (!call->id.empty()) {
    if (!delta.arguments.empty()) {
      pieces.push_back({.kind = AnswerPiece::Kind::kToolInput, .text = delta.arguments});
    }
  } else if (!call->name.empty()) {
    Begin(*call, pieces);
  }
  return {};
}

void ToolCallStream::Finish(std::vector<AnswerPiece>& pieces) {
  if (!calls_.empty()) End(*calls_.back(), pieces);
}

// The call that `delta` goes on with; null when it begins one.
ToolCallStream::Call* ToolCallStream::Find(const models::ChatToolCallDelta& delta) {
  if (!delta.index) {
    const bool begins = calls_.empty() || !delta.name.empty();
    return begins ? nullptr : calls_.back().get();
  }
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(),
                                  [&](const auto& call) { return call->index == delta.index; });
  if (found == calls_.rend()) return nullptr;
  // Some servers number every call 0.
  const bool another = !delta.name.empty() && !delta.id.empty() && !(*found)->server_id.empty() &&
                       delta.id != (*found)->server_id;
  return another ? nullptr : found->get();
}

// Nothing of a call with a bad name is sent, as its block could not be sent back.
void ToolCallStream::Begin(Call& call, std::vector<AnswerPiece>& pieces) {
  if (!FitsToolName(call.name)) return;
  const bool keep = FitsToolUseId(call.server_id) && !IsUsed(call.server_id);
  call.id = keep ? call.server_id : NewToolUseId();
  pieces.push_back({.kind = AnswerPiece::Kind::kToolUse, .text = call.id, .name = call.name});
  call.first_arguments = call.arguments;
  if (!call.first_arguments.empty()) {
    pieces.push_back({.kind = AnswerPiece::Kind::kToolInput, .text = call.first_arguments});
  }
}

void ToolCallStream::End(Call& call, std::vector<AnswerPiece>& pieces) {
  if (std::exchange(call.ended, true)) return;
  if (call.id.empty()) {
    malformed_ = true;
  } else if (IsBlank(call.arguments)) {
    any_ = true;
    pieces.push_back({.kind = AnswerPiece::Kind::kToolInput, .text = kNoArguments});
  } else if (IsJsonObject(call.arguments)) {
    any_ = true;
  } else {
    malformed_ = true;
  }
}

bool ToolCallStream::IsUsed(std::string_view id) const {
  return std::ranges::any_of(calls_, [&](const auto& call) { return call->id == id; });
}

}  // namespace bedplate::runtime
