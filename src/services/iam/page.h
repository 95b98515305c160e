// Pages of IAM's lists: sorted by a key that no two items share. A marker is the last key told, so
// a list that changes in between repeats and skips nothing of what stays.
//
// Errors: ValidationError naming the marker. Threads: pure functions.
// spec: IAM API reference, Marker and MaxItems of the List operations
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "account/identity/errors.h"
#include "base/base64.h"
#include "wire/types.h"

namespace bedplate::services::iam {

template <class Item>
struct Page {
  std::vector<Item> items{};
  bool truncated = false;
  std::string marker{};
};

// `key` gives an item's key.
template <class Item, class Key>
Result<Page<Item>> TakePage(std::vector<Item> items, const wire::Opt<std::string>& marker,
                            const wire::Opt<int32_t>& items_max, Key key) {
  constexpr size_t kItemsMax = 100;
  const auto key_of = [&](const Item& item) { return std::string(std::invoke(key, item)); };
  std::ranges::sort(items, {}, key_of);
  size_t first = 0;
  if (marker) {
    std::string last;
    if (!AppendFromBase64(last, *marker)) {
      return account::ValidationError("Invalid Marker: '" + *marker + "'");
    }
    first = static_cast<size_t>(std::ranges::upper_bound(items, last, {}, key_of) - items.begin());
  }
  const size_t most = items_max ? static_cast<size_t>(*items_max) : kItemsMax;
  const size_t end = std::min(items.size(), first + most);
  Page<Item> page;
  page.truncated = end < items.size();
  if (page.truncated) AppendBase64(page.marker, key_of(items[end - 1]));
  page.items.assign(std::make_move_iterator(items.begin() + static_cast<ptrdiff_t>(first)),
                    std::make_move_iterator(items.begin() + static_cast<ptrdiff_t>(end)));
  return page;
}

// IsTruncated and Marker of a response.
template <class Response, class Item>
void SetPage(Response& response, Page<Item>& page) {
  response.IsTruncated = page.truncated;
  if (page.truncated) response.Marker = std::move(page.marker);
}

}  // namespace bedplate::services::iam
