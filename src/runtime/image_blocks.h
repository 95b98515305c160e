// The images of a conversation, wherever they stand.
#pragma once

#include <fmt/format.h>

#include <string>
#include <variant>

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// Calls `visit(image, place)`, which returns Result<void>, until one fails. `place` is
// messages.N.content.M.image, or longer for an image in a tool's result. Constness is the
// conversation's.
template <class AnyConversation, class Visit>
Result<void> ForEachImage(AnyConversation& conversation, Visit visit) {
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    auto& content = conversation.messages[i].content;
    for (size_t j = 0; j < content.size(); ++j) {
      if (auto* image = std::get_if<ImageBlock>(&content[j])) {
        auto ok = visit(*image, fmt::format("messages.{}.content.{}.image", i, j));
        if (!ok) return ok;
      } else if (auto* result = std::get_if<ToolResultBlock>(&content[j])) {
        for (size_t k = 0; k < result->content.size(); ++k) {
          auto* inner = std::get_if<ImageBlock>(&result->content[k]);
          if (inner == nullptr) continue;
          auto ok = visit(
              *inner, fmt::format("messages.{}.content.{}.toolResult.content.{}.image", i, j, k));
          if (!ok) return ok;
        }
      }
    }
  }
  return {};
}

}  // namespace bedplate::runtime
