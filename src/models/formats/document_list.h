// Documents that a body brings along for the answer to rest on, as text for a chat protocol that
// has no place for them.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/chat.h"

namespace bedplate::models {

// The members of one document that the model shall see, in order.
using DocumentFields = std::vector<std::pair<std::string, std::string>>;

// Puts the documents, counted from 0, behind the text of the system's turn, which is made where
// there is none.
void AddDocuments(const std::vector<DocumentFields>& documents, std::vector<ChatTurn>& turns);

}  // namespace bedplate::models
