// The documents and search results of a conversation, wherever they stand.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// Calls `visit(block, place)`, which returns Result<void>, for each Block in messages and in tools'
// results until one fails. `place` is messages.N.content.M, or longer for a block in a tool's
// result. Constness is the conversation's.
template <class Block, class AnyConversation, class Visit>
Result<void> ForEachInput(AnyConversation& conversation, Visit visit) {
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    auto& content = conversation.messages[i].content;
    for (size_t j = 0; j < content.size(); ++j) {
      if (auto* block = std::get_if<Block>(&content[j])) {
        auto ok = visit(*block, fmt::format("messages.{}.content.{}", i, j));
        if (!ok) return ok;
      } else if (auto* result = std::get_if<ToolResultBlock>(&content[j])) {
        for (size_t k = 0; k < result->content.size(); ++k) {
          auto* inner = std::get_if<Block>(&result->content[k]);
          if (inner == nullptr) continue;
          auto ok =
              visit(*inner, fmt::format("messages.{}.content.{}.toolResult.content.{}", i, j, k));
          if (!ok) return ok;
        }
      }
    }
  }
  return {};
}

template <class AnyConversation, class Visit>
Result<void> ForEachDocument(AnyConversation& conversation, Visit visit) {
  return ForEachInput<DocumentBlock>(conversation, std::move(visit));
}

template <class AnyConversation, class Visit>
Result<void> ForEachSearchResult(AnyConversation& conversation, Visit visit) {
  return ForEachInput<SearchResultBlock>(conversation, std::move(visit));
}

}  // namespace bedplate::runtime
