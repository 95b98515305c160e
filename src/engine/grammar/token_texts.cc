#include "engine/grammar/token_texts.h"

#include <algorithm>
#include <utility>

namespace bedplate::engine {

TokenTexts::TokenTexts(std::vector<Entry> by_token) : entries_(std::move(by_token)) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const auto token = static_cast<TokenId>(i);
    if (entries_[i].ends) {
      ending_.push_back(token);
    } else if (!entries_[i].text.empty()) {
      sorted_.push_back(token);
    }
  }
  std::ranges::sort(sorted_, {},
                    [&](TokenId token) -> const std::string& { return at(token).text; });
}

}  // namespace bedplate::engine
