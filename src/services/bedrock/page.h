// Pages of lists, in the order in which the items were made and, for those of one millisecond, of
// their keys. A token is a place in that order, not an item: the next page begins with the first
// item behind it, so that a list which changes in between skips and repeats nothing of what stays,
// and the items of a page may be deleted before the next is asked for.
//
// Errors: kValidation naming nextToken. Threads: pure functions.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/types.h"

namespace bedplate::services::bedrock {

struct Page {
  size_t first = 0;
  size_t end = 0;
  wire::Opt<std::string> next_token{};
};

// The key is the owner's of this; it must outlive it.
struct PagePlace {
  int64_t created_at_ms = 0;
  std::string_view key{};
  friend auto operator<=>(const PagePlace&, const PagePlace&) = default;
};

std::string WritePageToken(const PagePlace& place);
// `text` takes what the place's key is part of. kValidation for a token that WritePageToken didn't
// write.
Result<PagePlace> ReadPageToken(std::string_view token, std::string& text);

// Puts the items, which have a created_at_ms, in their order. `key` gives an item's key, a string
// that no other has. spec: bedrock#MaxResults
template <class Item, class Key>
Result<Page> FindPage(std::vector<Item>& items, const wire::Opt<std::string>& token,
                      const wire::Opt<int32_t>& results_max, Key key) {
  constexpr size_t kResultsMax = 1000;
  const auto place = [&](const Item& item) {
    return PagePlace{.created_at_ms = item.created_at_ms, .key = std::invoke(key, item)};
  };
  std::ranges::sort(items, {}, place);
  Page page;
  if (token) {
    std::string text;
    const auto last = ReadPageToken(*token, text);
    if (!last) return std::unexpected(last.error());
    const auto next = std::ranges::upper_bound(items, *last, {}, place);
    page.first = static_cast<size_t>(next - items.begin());
  }
  const size_t wanted = results_max ? static_cast<size_t>(*results_max) : kResultsMax;
  page.end = std::min(items.size(), page.first + wanted);
  if (page.end < items.size()) page.next_token = WritePageToken(place(items[page.end - 1]));
  return page;
}

}  // namespace bedplate::services::bedrock
