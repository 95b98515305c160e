// TokenTexts: the texts of a vocabulary's tokens, in the order in which a grammar is followed
// along all of them at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/token.h"

namespace bedplate::engine {

// Immutable; any thread.
class TokenTexts {
 public:
  struct Entry {
    std::string text;
    bool control = false;  // shown in an answer only where the answer's format needs it
    bool ends = false;     // ends an answer
  };
  explicit TokenTexts(std::vector<Entry> by_token);

  size_t size() const { return entries_.size(); }
  const Entry& at(TokenId token) const { return entries_[static_cast<size_t>(token)]; }
  // The tokens that have a text and do not end an answer, sorted by their text.
  std::span<const TokenId> sorted() const { return sorted_; }
  std::span<const TokenId> ending() const { return ending_; }

 private:
  std::vector<Entry> entries_;
  std::vector<TokenId> sorted_;
  std::vector<TokenId> ending_;
};

}  // namespace bedplate::engine
