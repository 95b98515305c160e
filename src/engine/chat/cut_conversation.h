// A conversation up to a cache point.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "engine/chat/answer_form.h"
#include "engine/chat/message.h"

namespace bedplate::engine {

struct CutPoint {
  size_t message = 0;  // the last that counts, with so many of its texts
  size_t texts = 0;
  std::chrono::seconds ttl{};
};

// The cache points of a request in the prompt's order. One behind a tool lies behind the system
// messages that the conversation begins with: templates write the tools around those.
std::vector<CutPoint> CutPointsOf(const std::vector<ChatMessage>& conversation,
                                  const AnswerForm& form);

// What comes before the point, and then something else than what follows it: rendered, both agree
// up to the point. Behind whole system messages that is a message of the user's, so that the tools
// are before the point wherever a template writes them.
std::vector<ChatMessage> CutAt(const std::vector<ChatMessage>& conversation, const CutPoint& point);

}  // namespace bedplate::engine
