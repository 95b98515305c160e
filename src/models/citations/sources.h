// The sources of a request: documents and search results as a server takes them that has no place
// for such blocks, and the rule that holds for their citations.
//
// Threads: pure functions.
// spec: https://docs.anthropic.com/en/docs/build-with-claude/citations
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

// The text that a model is shown of a source: between lines that name it.
std::string RenderSource(const ChatSource& source);

// Puts texts in the place of all sources and cited texts of `request`; a cited text and its
// neighbours are one text again. Returns the sources that may be cited, in the request's order.
std::vector<ChatSource> RenderSources(ChatRequest& request);

// Whether quotes from the sources of `request` can be looked for: kValidation when those that may
// be cited have too many words.
Result<void> CheckSourceWords(const ChatRequest& request);

// All documents of a request may be cited, or none; likewise its search results.
class CitationRule {
 public:
  // Nothing where the source fits those before it; else where the first that differs stands.
  std::optional<std::string> Add(bool document, bool enabled, std::string_view place);
  bool any_enabled() const { return documents_.enabled || results_.enabled; }

 private:
  struct First {
    std::string place{};  // empty for none
    bool enabled = false;
  };
  First documents_;
  First results_;
};

}  // namespace bedplate::models
