// Prompts of completion-style bodies as turns, because the models behind speak a chat protocol.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "models/chat.h"

namespace bedplate::models {

// The marks that begin turns in a provider's prompt template. A turn's text is what stands between
// two marks, without the white space around it.
struct PromptTemplate {
  std::string_view user;       // e.g. "\n\nHuman:"
  std::string_view assistant;  // e.g. "\n\nAssistant:"
};

// The turns of a prompt that keeps to the template: text before the first user's mark is the
// system's, each turn has text, and the assistant's mark ends it, perhaps with the beginning of its
// answer, which then is the last turn. Nothing for
// another prompt: where the family takes that too, it is one turn of the user's.
std::optional<std::vector<ChatTurn>> SplitTurns(std::string_view prompt,
                                                const PromptTemplate& marks);

}  // namespace bedplate::models
