// Prompts of completion-style bodies as turns, because the models behind speak a chat protocol.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/chat.h"

namespace bedplate::models {

// The marks that begin turns in a provider's prompt template. A turn's text is what stands between
// two marks, without the white space around it. What a template does not have is empty.
struct PromptTemplate {
  std::string_view user;       // e.g. "\n\nHuman:"
  std::string_view assistant;  // e.g. "\n\nAssistant:"
  std::string_view system{};  // begins the system's text; where empty, that stands before all marks
  std::string_view begin{};   // begins a conversation, and may begin each question: "<s>"
  std::string_view end{};     // ends a turn: "</s>"
  // Around the system's text, before all marks or at the begin of the first question: "<<SYS>>".
  std::string_view system_begin{};
  std::string_view system_end{};
  std::string_view reserved{};  // begins marks; what a text has of it is a mark of another template
};

// Llama 2's and Mistral's; clients write the system's block for both.
inline constexpr PromptTemplate kInstructions{.user = "[INST]",
                                              .assistant = "[/INST]",
                                              .begin = "<s>",
                                              .end = "</s>",
                                              .system_begin = "<<SYS>>",
                                              .system_end = "<</SYS>>"};

// The turns of a prompt that keeps to the template: text before the first user's mark is the
// system's, each turn has text, and the assistant's mark ends it, perhaps with the beginning of its
// answer, which then is the last turn. Nothing for another prompt: where the family takes that too,
// it is one turn of the user's.
std::optional<std::vector<ChatTurn>> SplitTurns(std::string_view prompt,
                                                const PromptTemplate& marks);

// The turns of a prompt that keeps to one of `templates`; any other is one turn of the user's, as
// it is.
std::vector<ChatTurn> PromptTurns(std::string_view prompt,
                                  std::span<const PromptTemplate> templates);

}  // namespace bedplate::models
