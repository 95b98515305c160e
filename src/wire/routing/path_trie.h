// The routes of one HTTP method as a trie over raw path segments. A literal segment wins over a
// label, a label over a greedy label; where the first choice leads nowhere the next is tried.
//
// Raw: a slash escaped as %2F does not separate segments, and case and trailing slashes matter, as
// they do at AWS (PrepareAgent and InvokeInlineAgent differ in nothing else).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/router.h"

namespace bedplate::wire {

class PathTrie {
 public:
  PathTrie() : nodes_(1) {}

  // `template_path` starts with a slash and has no query.
  void Add(std::string_view template_path, uint32_t route);
  // The routes of the best matching path, with the texts of its labels; null when none matches.
  const std::vector<uint32_t>* Find(std::string_view raw_path, Labels& labels) const;

  // Every end of a path in the trie, to be put in order of preference.
  std::vector<std::vector<uint32_t>*> Ends();

 private:
  struct Node {
    std::vector<std::pair<std::string, uint32_t>> literals;  // sorted
    uint32_t label = 0;  // a node; 0: none, as the root is nobody's child
    uint32_t greedy = 0;
    std::vector<uint32_t> routes;  // that end here
  };

  uint32_t Child(uint32_t node, std::string_view segment);
  const Node* Walk(uint32_t node, std::string_view rest, Labels& labels) const;
  const Node* Step(uint32_t child, std::string_view rest, size_t end, Labels& labels) const;

  std::vector<Node> nodes_;
};

}  // namespace bedplate::wire
