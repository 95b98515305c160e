// A conversation as a chat template sees it.
#pragma once

#include <string>
#include <vector>

namespace bedplate::engine {

// A call of a tool that the assistant made.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // a JSON object
};

struct ChatMessage {
  std::string role;                    // system, developer, user, assistant or tool
  std::vector<std::string> texts;      // parts of the content, in order
  std::string reasoning{};             // the assistant's, before its content
  std::vector<ToolCall> tool_calls{};  // the assistant's
  std::string tool_call_id{};          // of a tool's message: the call that it answers
};

// The parts of a content as the one text that most templates want.
std::string JoinTexts(const std::vector<std::string>& texts);

}  // namespace bedplate::engine
