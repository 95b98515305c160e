// A conversation as a chat template sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/inference/prompt_image.h"

namespace bedplate::engine {

// A call of a tool that the assistant made.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // a JSON object
};

// A cache point: the prompt up to here is worth keeping for later requests.
struct CacheMark {
  size_t texts = 0;  // behind so many of the message's texts
  std::chrono::seconds ttl{};
};

// An image, whose mark stands in one of the texts where the image stands.
struct MarkedImage {
  std::string mark;
  RgbImage image;
};

struct ChatMessage {
  std::string role;                    // system, developer, user, assistant or tool
  std::vector<std::string> texts;      // parts of the content, in order
  std::string reasoning{};             // the assistant's, before its content
  std::vector<ToolCall> tool_calls{};  // the assistant's
  std::string tool_call_id{};          // of a tool's message: the call that it answers
  std::vector<CacheMark> cache_marks{};
  std::vector<MarkedImage> images{};  // the user's
};

// The parts of a content as the one text that most templates want.
std::string JoinTexts(const std::vector<std::string>& texts);

}  // namespace bedplate::engine
