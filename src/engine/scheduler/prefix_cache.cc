#include "engine/scheduler/prefix_cache.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace bedplate::scheduler {

struct PrefixCache::Node {
  Node* parent = nullptr;  // nullptr: a root, which has no tokens
  CacheKey key;
  uint32_t begin = 0;  // position of the first token
  std::vector<Token> tokens;
  std::map<Token, std::unique_ptr<Node>> children;  // by their first token
  std::vector<SequenceId> tips;
  uint32_t open = 0;
  uint32_t hits = 0;  // requests that found it
  Instant used{0};    // last time one did, or left it

  uint32_t end() const { return begin + tokens.size(); }
};

namespace {

uint32_t CommonPrefix(std::span<const Token> a, std::span<const Token> b) {
  return std::ranges::mismatch(a, b).in1 - a.begin();
}

void Erase(std::vector<SequenceId>& tips, SequenceId sequence) {
  const auto it = std::ranges::find(tips, sequence);
  assert(it != tips.end());
  tips.erase(it);
}

// How likely a cached token is to be wanted again soon: how often it was, over how long ago.
double Value(uint32_t hits, Instant age) {
  return (1.0 + hits) / (1.0 + std::chrono::duration<double>(age).count());
}

}  // namespace

PrefixCache::PrefixCache(uint32_t sequences, std::vector<MemoryOperation>& operations, bool saves)
    : operations_(operations), saves_(saves), sequences_(sequences) {
  for (uint32_t i = sequences; i > 0; --i) free_.push_back(i - 1);
}

PrefixCache::~PrefixCache() = default;

PrefixCache::Node& PrefixCache::Root(const CacheKey& key) {
  auto& root = roots_[key];
  if (!root) {
    root = std::make_unique<Node>();
    root->key = key;
  }
  return *root;
}

PrefixCache::Place PrefixCache::Walk(Node& root, std::span<const Token> tokens) const {
  Node* node = &root;
  while (!tokens.empty()) {
    const auto child = node->children.find(tokens.front());
    if (child == node->children.end()) break;
    const uint32_t common = CommonPrefix(child->second->tokens, tokens);
    node = child->second.get();
    if (common < node->tokens.size()) return {node, common};
    tokens = tokens.subspan(common);
  }
  return {node, static_cast<uint32_t>(node->tokens.size())};
}

PrefixCache::Match PrefixCache::Find(const CacheKey& key, std::span<const Token> tokens) const {
  const auto root = roots_.find(key);
  if (root == roots_.end()) return {};
  const Place place = Walk(*root->second, tokens);
  Match match{.tokens = place.node->begin + place.offset};
  uint32_t matched = place.offset;
  for (const Node* node = place.node; node; node = node->parent) {
    if (node->open == 0) match.idle += matched;
    if (node->parent) matched = node->parent->tokens.size();
  }
  return match;
}

std::optional<PrefixCache::Opened> PrefixCache::Open(const CacheKey& key,
                                                     std::span<const Token> tokens, Instant now) {
  Place place = Walk(Root(key), tokens);
  const bool resume = place.offset == place.node->tokens.size() && HasIdleTip(*place.node);
  if (!resume && free_.empty()) {
    if (!EvictSequence(place.node, now)) {
      Tidy(Root(key));
      return std::nullopt;
    }
    place = Walk(Root(key), tokens);  // eviction may have folded nodes together
  }
  Node* node = place.node;
  if (place.offset < node->tokens.size()) node = &Split(*node, place.offset);

  for (Node* passed = node; passed; passed = passed->parent) {
    ++passed->hits;
    passed->used = now;
  }
  if (resume) {  // goes on where an idle one ended
    const SequenceId sequence = node->tips.front();
    sequences_[sequence].open = true;
    CountOpen(node, +1);
    return Opened{sequence, node->end()};
  }
  const SequenceId source = node->parent ? AnyHolder(*node) : 0;
  const SequenceId sequence = free_.back();
  free_.pop_back();
  sequences_[sequence].open = true;
  SetTip(sequence, node);
  if (node->end() > 0) {
    operations_.push_back(CopyCells{source, sequence, 0, static_cast<Position>(node->end())});
  }
  return Opened{sequence, node->end()};
}

void PrefixCache::Publish(SequenceId sequence, std::span<const Token> tokens) {
  assert(sequences_[sequence].open);
  while (!tokens.empty()) {
    Node& tip = *sequences_[sequence].tip;
    const auto found = tip.children.find(tokens.front());
    if (found == tip.children.end()) {
      cells_ += tokens.size();
      if (tip.parent && tip.children.empty() && tip.tips.size() == 1) {
        tip.tokens.insert(tip.tokens.end(), tokens.begin(), tokens.end());
        return;
      }
      auto child = std::make_unique<Node>();
      child->parent = &tip;
      child->key = tip.key;
      child->begin = tip.end();
      child->tokens.assign(tokens.begin(), tokens.end());
      child->used = tip.used;
      // Counted as idle for a moment, until SetTip counts it as open.
      cells_idle_ += tokens.size();
      SetTip(sequence, (tip.children[tokens.front()] = std::move(child)).get());
      return;
    }
    Node* child = found->second.get();
    const uint32_t common = CommonPrefix(child->tokens, tokens);
    if (common < child->tokens.size()) child = &Split(*child, common);
    const auto begin = static_cast<Position>(child->begin);
    const auto end = static_cast<Position>(child->end());
    operations_.push_back(RemoveCells{sequence, begin, end});
    operations_.push_back(CopyCells{AnyHolder(*child), sequence, begin, end});
    if (HasIdleTip(*child)) {
      const SequenceId idle = child->tips.front();
      SetTip(sequence, child);
      Free(idle);  // this sequence keeps the cells from now on
    } else {
      SetTip(sequence, child);
    }
    tokens = tokens.subspan(common);
  }
}

void PrefixCache::Close(SequenceId sequence, Instant now) {
  Sequence& closed = sequences_[sequence];
  assert(closed.open);
  Node& tip = *closed.tip;
  for (Node* node = &tip; node; node = node->parent) node->used = now;
  const bool last_holder = tip.parent && tip.children.empty() && tip.tips.size() == 1;
  if (!last_holder) {
    Free(sequence);
    return;
  }
  CountOpen(&tip, -1);
  closed.open = false;
}

void PrefixCache::Evict(uint32_t cells, Instant now) {
  const uint32_t target = cells_ - std::min(cells, cells_idle_);
  while (cells_ > target) {
    Node* least = nullptr;
    double least_value = 0;
    for (const Sequence& sequence : sequences_) {
      if (!sequence.tip || sequence.open) continue;
      const double value = Value(sequence.tip->hits, now - sequence.tip->used);
      if (!least || value < least_value) least = sequence.tip, least_value = value;
    }
    assert(least);  // idle cells have an idle sequence
    const uint32_t wanted = cells_ - target;
    if (wanted >= least->tokens.size()) {
      SaveAndRemoveLeaf(*least);
      continue;
    }
    // The beginning of a text is likelier to come again than its end.
    SaveEnd(*least, wanted);
    least->tokens.resize(least->tokens.size() - wanted);
    cells_ -= wanted;
    cells_idle_ -= wanted;
    evicted_total_ += wanted;
    operations_.push_back(
        RemoveCells{least->tips.front(), static_cast<Position>(least->end()), kEndOfSequence});
  }
}

bool PrefixCache::HasIdleTip(const Node& node) const {
  return node.tips.size() == 1 && !sequences_[node.tips.front()].open;
}

// Frees a sequence id: of the idle ones but `keep`, the one whose loss costs least.
bool PrefixCache::EvictSequence(const Node* keep, Instant now) {
  Node* least = nullptr;
  double least_loss = 0;
  for (const Sequence& sequence : sequences_) {
    if (!sequence.tip || sequence.open || sequence.tip == keep) continue;
    const Node& tip = *sequence.tip;
    const double loss = Value(tip.hits, now - tip.used) * tip.tokens.size();
    if (!least || loss < least_loss) least = sequence.tip, least_loss = loss;
  }
  if (!least) return false;
  SaveAndRemoveLeaf(*least);
  return true;
}

// Cuts `node` after `offset` tokens and returns the upper part, which is new: sequences whose tip
// is the node keep it.
PrefixCache::Node& PrefixCache::Split(Node& node, uint32_t offset) {
  assert(offset > 0 && offset < node.tokens.size());
  auto upper = std::make_unique<Node>();
  upper->parent = node.parent;
  upper->key = node.key;
  upper->begin = node.begin;
  upper->tokens.assign(node.tokens.begin(), node.tokens.begin() + offset);
  upper->open = node.open;
  upper->hits = node.hits;
  upper->used = node.used;

  auto& slot = node.parent->children[node.tokens.front()];
  std::unique_ptr<Node> lower = std::exchange(slot, std::move(upper));
  Node& result = *slot;
  lower->parent = &result;
  lower->begin += offset;
  lower->tokens.erase(lower->tokens.begin(), lower->tokens.begin() + offset);
  const Token first = lower->tokens.front();
  result.children.emplace(first, std::move(lower));
  return result;
}

// A node that is nobody's tip and has one child is one with it. It is worth what its beginning is:
// the end of it, which may be worth less, is evicted first.
void PrefixCache::MergeIntoChild(Node& node) {
  std::unique_ptr<Node> child = std::move(node.children.begin()->second);
  child->tokens.insert(child->tokens.begin(), node.tokens.begin(), node.tokens.end());
  child->begin = node.begin;
  child->parent = node.parent;
  child->hits = std::max(child->hits, node.hits);
  child->used = std::max(child->used, node.used);
  auto& slot = node.parent->children[node.tokens.front()];
  slot = std::move(child);  // deletes node
}

// Restores the invariants after `node` lost a child or a tip.
void PrefixCache::Tidy(Node& node) {
  if (!node.tips.empty()) return;
  if (!node.parent) {
    if (node.children.empty()) roots_.erase(CacheKey(node.key));
    return;
  }
  if (node.children.size() == 1) MergeIntoChild(node);
}

void PrefixCache::SaveAndRemoveLeaf(Node& leaf) {
  SaveEnd(leaf, leaf.tokens.size());
  RemoveLeaf(leaf);
}

void PrefixCache::EvictUnused(Instant oldest) {
  for (size_t i = 0; i < sequences_.size();) {
    const Sequence& sequence = sequences_[i];
    if (sequence.tip && !sequence.open && sequence.tip->used < oldest) {
      SaveAndRemoveLeaf(*sequence.tip);
      i = 0;  // another may have become a leaf
    } else {
      ++i;
    }
  }
}

void PrefixCache::Forget() {
  for (const Sequence& sequence : sequences_) {
    if (sequence.tip && !sequence.open) RemoveLeaf(*sequence.tip);
  }
}

std::vector<Stretch> PrefixCache::Layout() const {
  std::map<std::pair<uint32_t, const Node*>, Stretch> stretches;
  for (size_t i = 0; i < sequences_.size(); ++i) {
    for (const Node* node = sequences_[i].tip; node && node->parent; node = node->parent) {
      Stretch& stretch = stretches[{node->begin, node}];
      stretch.begin = static_cast<Position>(node->begin);
      stretch.end = static_cast<Position>(node->end());
      stretch.holders.push_back(static_cast<SequenceId>(i));
    }
  }
  std::vector<Stretch> layout;
  layout.reserve(stretches.size());
  for (auto& [place, stretch] : stretches) layout.push_back(std::move(stretch));
  return layout;
}

// `leaf` has one tip, idle.
void PrefixCache::RemoveLeaf(Node& leaf) {
  assert(leaf.children.empty() && leaf.tips.size() == 1 && leaf.open == 0);
  const SequenceId sequence = leaf.tips.front();
  sequences_[sequence] = {};
  free_.push_back(sequence);
  operations_.push_back(RemoveCells{sequence, 0, kEndOfSequence});
  cells_ -= leaf.tokens.size();
  cells_idle_ -= leaf.tokens.size();
  evicted_total_ += leaf.tokens.size();
  Node& parent = *leaf.parent;
  parent.children.erase(leaf.tokens.front());
  Tidy(parent);
}

SaveCells PrefixCache::PathTo(const Node& tip, SequenceId sequence) {
  SaveCells save{.sequence = sequence,
                 .begin = 0,
                 .end = static_cast<Position>(tip.end()),
                 .key = tip.key,
                 .tokens = std::vector<Token>(tip.end())};
  for (const Node* node = &tip; node; node = node->parent) {
    std::ranges::copy(node->tokens, save.tokens.begin() + node->begin);
  }
  return save;
}

void PrefixCache::SaveEnd(const Node& leaf, uint32_t count) {
  if (!saves_ || leaf.hits == 0) return;
  SaveCells save = PathTo(leaf, leaf.tips.front());
  save.begin = save.end - static_cast<Position>(count);
  operations_.emplace_back(std::move(save));
}

std::vector<SaveCells> PrefixCache::Leaves(uint32_t hits_min, Instant now) const {
  std::map<const Node*, SequenceId> ends;  // with one that holds it
  for (size_t i = 0; i < sequences_.size(); ++i) {
    const Node* node = sequences_[i].tip;
    while (node && node->hits < hits_min) node = node->parent;
    if (node && node->parent) ends.emplace(node, static_cast<SequenceId>(i));
  }
  std::vector<std::pair<double, const Node*>> order;
  order.reserve(ends.size());
  for (const auto& [node, sequence] : ends) {
    order.emplace_back(Value(node->hits, now - node->used), node);
  }
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return std::tuple(-a.first, a.second->end()) < std::tuple(-b.first, b.second->end());
  });
  std::vector<SaveCells> leaves;
  leaves.reserve(order.size());
  for (const auto& [value, node] : order) leaves.push_back(PathTo(*node, ends[node]));
  return leaves;
}

// Moves an open sequence down to `tip`, or places it there.
void PrefixCache::SetTip(SequenceId sequence, Node* tip) {
  Sequence& moved = sequences_[sequence];
  Node* const before = moved.tip;
  tip->tips.push_back(sequence);
  moved.tip = tip;
  if (!before) {
    CountOpen(tip, +1);
    return;
  }
  assert(tip->parent == before);  // so what is above is counted already
  if (tip->open++ == 0) cells_idle_ -= tip->tokens.size();
  Erase(before->tips, sequence);
  Tidy(*before);
}

void PrefixCache::CountOpen(Node* node, int change) {
  for (; node; node = node->parent) {
    if (node->open == 0) cells_idle_ -= node->tokens.size();
    node->open += change;
    if (node->open == 0) cells_idle_ += node->tokens.size();
  }
}

// Takes an id back whose cells, as far as the tree knows them, others hold too.
void PrefixCache::Free(SequenceId sequence) {
  Sequence freed = std::exchange(sequences_[sequence], {});
  if (freed.open) CountOpen(freed.tip, -1);
  Erase(freed.tip->tips, sequence);
  free_.push_back(sequence);
  operations_.push_back(RemoveCells{sequence, 0, kEndOfSequence});
  Tidy(*freed.tip);
}

SequenceId PrefixCache::AnyHolder(const Node& node) const {
  const Node* at = &node;
  while (at->tips.empty()) at = at->children.begin()->second.get();
  return at->tips.front();
}

void PrefixCache::CheckNode(const Node& node, uint32_t& cells, uint32_t& idle) const {
  [[maybe_unused]] uint32_t open = 0;
  for (const SequenceId tip : node.tips) {
    assert(sequences_[tip].tip == &node);
    if (sequences_[tip].open) {
      ++open;
    } else {
      assert(node.parent && node.children.empty() && node.tips.size() == 1);
    }
  }
  for (const auto& [first, child] : node.children) {
    assert(child->parent == &node && !child->tokens.empty() && child->tokens.front() == first);
    assert(child->begin == node.end() && child->key == node.key);
    CheckNode(*child, cells, idle);
    open += child->open;
  }
  assert(open == node.open);
  assert(!node.tips.empty() || (node.parent ? node.children.size() >= 2 : !node.children.empty()));
  cells += node.tokens.size();
  if (node.open == 0) idle += node.tokens.size();
}

void PrefixCache::Check() const {
  uint32_t cells = 0;
  uint32_t idle = 0;
  for (const auto& [key, root] : roots_) CheckNode(*root, cells, idle);
  assert(cells == cells_ && idle == cells_idle_);
  (void)cells;
  (void)idle;
  size_t used = 0;
  for (const Sequence& sequence : sequences_) used += sequence.tip != nullptr;
  assert(used == sequences_.size() - free_.size());
  (void)used;
}

}  // namespace bedplate::scheduler
