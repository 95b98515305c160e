#include "wire/routing/path_trie.h"

#include <algorithm>

namespace bedplate::wire {
namespace {

constexpr auto kByText = [](const auto& literal, std::string_view text) {
  return literal.first < text;
};

bool IsLabel(std::string_view segment) { return segment.starts_with('{'); }
bool IsGreedy(std::string_view segment) { return segment.ends_with("+}"); }

}  // namespace

uint32_t PathTrie::Child(uint32_t node, std::string_view segment) {
  const auto made = static_cast<uint32_t>(nodes_.size());
  if (IsLabel(segment)) {
    uint32_t& slot = IsGreedy(segment) ? nodes_[node].greedy : nodes_[node].label;
    if (slot != 0) return slot;
    slot = made;
  } else {
    auto& literals = nodes_[node].literals;
    const auto at = std::lower_bound(literals.begin(), literals.end(), segment, kByText);
    if (at != literals.end() && at->first == segment) return at->second;
    literals.emplace(at, segment, made);
  }
  nodes_.emplace_back();
  return made;
}

void PathTrie::Add(std::string_view template_path, uint32_t route) {
  uint32_t node = 0;
  template_path.remove_prefix(1);
  for (;;) {
    const size_t end = template_path.find('/');
    node = Child(node, template_path.substr(0, end));
    if (end == std::string_view::npos) break;
    template_path.remove_prefix(end + 1);
  }
  nodes_[node].routes.push_back(route);
}

const std::vector<uint32_t>* PathTrie::Find(std::string_view raw_path, Labels& labels) const {
  if (!raw_path.starts_with('/')) return nullptr;
  labels.count = 0;
  const Node* const end = Walk(0, raw_path.substr(1), labels);
  return end ? &end->routes : nullptr;
}

// Goes on behind a child that took the segment before `end`.
const PathTrie::Node* PathTrie::Step(uint32_t child, std::string_view rest, size_t end,
                                     Labels& labels) const {
  if (end != std::string_view::npos) return Walk(child, rest.substr(end + 1), labels);
  return nodes_[child].routes.empty() ? nullptr : &nodes_[child];
}

// The depth of the recursion is that of the trie, not of the path.
const PathTrie::Node* PathTrie::Walk(uint32_t node, std::string_view rest, Labels& labels) const {
  const Node& here = nodes_[node];
  const size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  const auto literal =
      std::lower_bound(here.literals.begin(), here.literals.end(), segment, kByText);
  if (literal != here.literals.end() && literal->first == segment) {
    if (const Node* const found = Step(literal->second, rest, end, labels)) return found;
  }
  if (labels.count == Labels::kCountMax) return nullptr;
  const size_t count = labels.count;
  if (here.label != 0 && !segment.empty()) {
    labels.values[labels.count++] = segment;
    if (const Node* const found = Step(here.label, rest, end, labels)) return found;
    labels.count = count;
  }
  if (here.greedy != 0 && !rest.empty()) {
    labels.values[labels.count++] = rest;
    return &nodes_[here.greedy];
  }
  return nullptr;
}

std::vector<std::vector<uint32_t>*> PathTrie::Ends() {
  std::vector<std::vector<uint32_t>*> ends;
  for (Node& node : nodes_) {
    if (!node.routes.empty()) ends.push_back(&node.routes);
  }
  return ends;
}

}  // namespace bedplate::wire
