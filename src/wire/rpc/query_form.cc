#include "wire/rpc/query_form.h"

#include <fmt/format.h>

#include "base/json/reader.h"
#include "wire/uri.h"

namespace bedplate::wire {
namespace {

constexpr size_t kPartsMax = 64;
// A short body can ask for many nodes ("a.a.a.a=&b.b.b.b="): bounds what it can make us keep.
constexpr size_t kNodesMax = 100'000;

// The node of a dotted name; null when it has too many parts or there are too many nodes.
FormNode* NodeOf(FormNode& root, std::string_view name, size_t& nodes) {
  FormNode* node = &root;
  for (size_t parts = 0; parts < kPartsMax && nodes < kNodesMax; ++parts) {
    const size_t dot = name.find('.');
    const auto [child, made] = node->children.try_emplace(std::string(name.substr(0, dot)));
    node = &child->second;
    nodes += made;
    if (dot == std::string_view::npos) return node;
    name.remove_prefix(dot + 1);
  }
  return nullptr;
}

}  // namespace

Result<FormNode> ParseForm(std::string_view body) {
  FormNode root;
  size_t nodes = 0;
  std::map<std::string, bool, std::less<>> seen;
  for (QueryParameters walk(body); walk.Next();) {
    std::string name;
    std::string value;
    if (!AppendPercentDecoded(name, walk.raw_name(), true) ||
        !AppendPercentDecoded(value, walk.raw_value(), true) || !json::IsUtf8(name) ||
        !json::IsUtf8(value)) {
      return Fail(Fault::kValidation, "The form in the body is not percent-encoded UTF-8");
    }
    if (!seen.emplace(name, true).second) {
      return Fail(Fault::kValidation, fmt::format("Parameter '{}' stands twice", name));
    }
    FormNode* const node = NodeOf(root, name, nodes);
    if (!node) return Fail(Fault::kValidation, "The form in the body has too many parts");
    node->value = std::move(value);
  }
  return root;
}

}  // namespace bedplate::wire
