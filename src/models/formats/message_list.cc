#include "models/formats/message_list.h"

#include <fmt/format.h>

#include <utility>

namespace bedplate::models {

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

void AddSystem(std::string text, std::vector<ChatTurn>& turns) {
  if (text.empty()) return;
  turns.push_back({.role = ChatRole::kSystem, .text = std::move(text)});
}

}  // namespace bedplate::models
