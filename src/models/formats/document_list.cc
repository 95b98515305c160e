#include "models/formats/document_list.h"

#include <fmt/format.h>

namespace bedplate::models {

void AddDocuments(const std::vector<DocumentFields>& documents, std::vector<ChatTurn>& turns) {
  if (documents.empty()) return;
  std::string text = "Documents that the answer shall rest on:";
  for (size_t i = 0; i < documents.size(); ++i) {
    text += fmt::format("\n\nDocument {}", i);
    for (const auto& [name, value] : documents[i]) text += fmt::format("\n{}: {}", name, value);
  }
  if (turns.empty() || turns.front().role != ChatRole::kSystem) {
    turns.insert(turns.begin(), ChatTurn{.role = ChatRole::kSystem});
  }
  ChatTurn& system = turns.front();
  system.text += (system.text.empty() ? "" : "\n\n") + text;
}

}  // namespace bedplate::models
