// Pages of lists whose items have a key of their own: a page begins behind the item that its token
// names, so that a list which changes in between shows no item twice.
//
// Errors: kValidation naming nextToken. Threads: pure functions.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/result.h"
#include "wire/types.h"

namespace bedplate::services::bedrock {

struct Page {
  size_t first = 0;
  size_t end = 0;
  wire::Opt<std::string> next_token{};
};

// `key` gives an item's key. spec: bedrock#MaxResults
template <class Item, class Key>
Result<Page> FindPage(const std::vector<Item>& items, const wire::Opt<std::string>& token,
                      const wire::Opt<int32_t>& results_max, Key key) {
  constexpr size_t kResultsMax = 1000;
  Page page;
  if (token) {
    std::string last;
    const bool read = AppendFromBase64(last, *token);
    const auto found = std::ranges::find(items, last, key);
    if (!read || found == items.end()) {
      return Fail(
          Fault::kValidation,
          fmt::format("The nextToken '{}' is not one of this list. Start the list anew.", *token));
    }
    page.first = static_cast<size_t>(found - items.begin()) + 1;
  }
  const size_t wanted = results_max ? static_cast<size_t>(*results_max) : kResultsMax;
  page.end = std::min(items.size(), page.first + wanted);
  if (page.end < items.size()) {
    AppendBase64(page.next_token.emplace(), std::invoke(key, items[page.end - 1]));
  }
  return page;
}

}  // namespace bedplate::services::bedrock
