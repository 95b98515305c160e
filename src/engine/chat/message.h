// A conversation as a chat template sees it.
#pragma once

#include <string>
#include <vector>

namespace bedplate::engine {

struct ChatMessage {
  std::string role;                // system, developer, user, assistant or tool
  std::vector<std::string> texts;  // parts of the content, in order
};

}  // namespace bedplate::engine
