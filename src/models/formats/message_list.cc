#include "models/formats/message_list.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>
#include <utility>

namespace bedplate::models {
namespace {

// What a refusal tells of a caller's ids.
constexpr size_t kIdsToldMax = 16;
constexpr size_t kIdBytesToldMax = 128;

std::string_view Told(std::string_view id) {
  if (id.size() <= kIdBytesToldMax) return id;
  size_t end = kIdBytesToldMax;
  while (end > 0 && (static_cast<uint8_t>(id[end]) & 0xC0) == 0x80) --end;  // whole characters
  return id.substr(0, end);
}

struct NamedCall {
  const std::string* id;
  size_t message;
  size_t block;
};

// The blocks that `id_of` knows, of the messages of one side that begin at `first`. `end` becomes
// the place behind them.
std::vector<NamedCall> CallsOfTurn(const json::Value::Array& messages, size_t first, size_t& end,
                                   const std::string* (*id_of)(const json::Value& block)) {
  std::vector<NamedCall> calls;
  const json::Value* side = messages[first].Find("role");
  for (end = first; end < messages.size(); ++end) {
    const json::Value* role = messages[end].Find("role");
    if (role == nullptr || side == nullptr || *role != *side) break;
    const json::Value* content = messages[end].Find("content");
    const json::Value::Array* blocks = content == nullptr ? nullptr : content->AsArray();
    for (size_t i = 0; blocks != nullptr && i < blocks->size(); ++i) {
      const std::string* id = id_of((*blocks)[i]);
      if (id != nullptr) calls.push_back({.id = id, .message = end, .block = i});
    }
  }
  if (end == first) ++end;  // a message that says no role
  return calls;
}

std::unordered_set<std::string_view> IdsOf(const std::vector<NamedCall>& calls) {
  std::unordered_set<std::string_view> ids;
  for (const NamedCall& call : calls) ids.insert(*call.id);
  return ids;
}

std::optional<UnmatchedCall> FirstUnanswered(const std::vector<NamedCall>& calls,
                                             const std::vector<NamedCall>& results,
                                             size_t result_message) {
  std::optional<UnmatchedCall> unanswered;
  if (calls.empty()) return unanswered;
  const auto answered = IdsOf(results);
  size_t told = 0;
  for (const NamedCall& call : calls) {
    if (answered.contains(*call.id)) continue;
    if (!unanswered) {
      unanswered = {.kind = UnmatchedCall::Kind::kUnanswered,
                    .call_message = call.message,
                    .result_message = result_message};
    }
    if (++told > kIdsToldMax) break;
    if (told > 1) unanswered->ids += ", ";
    unanswered->ids += Told(*call.id);
  }
  return unanswered;
}

std::optional<UnmatchedCall> FirstUnexpected(const std::vector<NamedCall>& calls,
                                             const std::vector<NamedCall>& results) {
  if (results.empty()) return std::nullopt;
  const auto called = IdsOf(calls);
  for (const NamedCall& result : results) {
    if (called.contains(*result.id)) continue;
    return UnmatchedCall{.kind = UnmatchedCall::Kind::kUnexpected,
                         .result_message = result.message,
                         .block = result.block,
                         .ids = std::string(Told(*result.id))};
  }
  return std::nullopt;
}

bool IsAssistants(const json::Value& message) {
  const json::Value* role = message.Find("role");
  return role != nullptr && *role == json::Value("assistant");
}

}  // namespace

void ReadMessageList(Members& body, std::vector<ChatTurn>& turns, ReadMessage read) {
  const json::Value::Array* messages = body.NeedArray("messages");
  if (messages == nullptr) return;
  if (messages->empty()) {
    body.malformed().Add("/messages", "expected minimum item count: 1, found: 0");
  }
  for (size_t i = 0; i < messages->size(); ++i) {
    read((*messages)[i], fmt::format("/messages/{}", i), turns, body.malformed());
  }
}

std::optional<UnmatchedCall> FindUnmatchedCall(const json::Value::Array& messages,
                                               const CallIds& ids) {
  std::vector<NamedCall> calls;  // of the turn before
  for (size_t first = 0, end = 0; first < messages.size(); first = end) {
    if (IsAssistants(messages[first])) {
      calls = CallsOfTurn(messages, first, end, ids.of_call);
      continue;
    }
    const auto results = CallsOfTurn(messages, first, end, ids.of_result);
    if (auto unanswered = FirstUnanswered(calls, results, first)) return unanswered;
    if (auto unexpected = FirstUnexpected(calls, results)) return unexpected;
    calls.clear();
  }
  return std::nullopt;
}

void AddSystem(std::string text, std::vector<ChatTurn>& turns) {
  AddSystem(ChatTurn{.role = ChatRole::kSystem, .text = std::move(text)}, turns);
}

void AddSystem(ChatTurn system, std::vector<ChatTurn>& turns) {
  if (!system.text.empty()) turns.push_back(std::move(system));
}

}  // namespace bedplate::models
