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
  AddSystem(ChatTurn{.role = ChatRole::kSystem, .text = std::move(text)}, turns);
}

void AddSystem(ChatTurn system, std::vector<ChatTurn>& turns) {
  if (!system.text.empty()) turns.push_back(std::move(system));
}

}  // namespace bedplate::models
