// The form of a query-protocol request as a tree: "Tags.member.1.Key=a" is Tags -> member -> 1 ->
// Key.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::wire {

struct FormNode {
  // Numbers sort as numbers, so that lists keep their order.
  struct Order {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };
  std::string value;
  std::map<std::string, FormNode, Order> children;

  const FormNode* Find(std::string_view name) const {
    const auto found = children.find(name);
    return found == children.end() ? nullptr : &found->second;
  }
};

// kValidation on a wrong escape, text that is not UTF-8, a name with too many parts, or a parameter
// that stands twice.
Result<FormNode> ParseForm(std::string_view body);

}  // namespace bedplate::wire
