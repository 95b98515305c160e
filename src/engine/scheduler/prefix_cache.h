// PrefixCache: which token prefixes lie in the unified KV cache, and which sequence holds what.
//
// A radix tree over tokens, one for each CacheKey. Each node stands for the cells of its tokens;
// a cell shared by several sequences is one node's, so cells() is what llama.cpp has in use,
// counted once. A sequence's tip is the node where what it holds of the tree ends: it holds every
// node from the root to its tip. A sequence is free, open (a running request's) or idle (kept only
// so that its cells stay).
//
// Invariants (Check() asserts them):
// - a node other than a root that is no sequence's tip has at least two children;
// - so a leaf is some sequence's tip; an idle sequence's tip is a leaf, and it is the only one
// there;
// - Node::open is the number of open sequences whose tip is the node or below it.
//
// Cells that an open sequence computed beyond its tip are not known here until Publish.
// Operations on the real cache are appended to `operations`, to be done in that order.
// Threads: none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

class PrefixCache {
 public:
  // `operations` outlives the cache. With `saves`, what is evicted though it was found before is
  // to be saved first.
  PrefixCache(uint32_t sequences, std::vector<MemoryOperation>& operations, bool saves = false);
  ~PrefixCache();

  struct Match {
    uint32_t tokens = 0;  // longest cached prefix
    uint32_t idle = 0;    // of these, cells that could be evicted now
  };
  Match Find(const CacheKey& key, std::span<const Token> tokens) const;

  struct Opened {
    SequenceId sequence = 0;
    uint32_t tokens = 0;  // positions 0 .. tokens - 1 are in it
  };
  // A sequence that holds the longest cached prefix of `tokens`; what it takes is safe from
  // eviction until Close. Evicts an idle sequence if no id is free; nullopt when that is impossible
  // (never while two sequences are not open).
  std::optional<Opened> Open(const CacheKey& key, std::span<const Token> tokens, Instant now);

  // The cells of `sequence` after its tip hold `tokens`: they join the tree. Where the tree has the
  // same tokens already, the sequence's own cells are given up for those.
  void Publish(SequenceId sequence, std::span<const Token> tokens);

  // Open no more; what it computed was published or is to be forgotten. What nobody else holds
  // stays as an idle prefix.
  void Close(SequenceId sequence, Instant now);

  // Frees up to `cells` cells of idle prefixes, the least valuable first, from their ends.
  void Evict(uint32_t cells, Instant now);

  // Evicts the idle leaves that were last used before `oldest`, and what becomes a leaf by that.
  void EvictUnused(Instant oldest);
  // Evicts all that is idle, without an order to save it.
  void Forget();

  // Every node's cells with the sequences that hold them, by where they begin.
  std::vector<Stretch> Layout() const;

  uint32_t cells() const { return cells_; }
  uint32_t cells_idle() const { return cells_idle_; }
  uint64_t evicted_total() const { return evicted_total_; }
  uint32_t sequences_used() const { return sequences_.size() - free_.size(); }

  // What the tree knows and was found at least so often: each such path as an order to save it, the
  // most valuable first.
  std::vector<SaveCells> Leaves(uint32_t hits_min, Instant now) const;

  // Asserts the invariants by walking everything; for tests.
  void Check() const;

 private:
  struct Node;
  struct Sequence {
    Node* tip = nullptr;
    bool open = false;
  };
  struct Place {
    Node* node = nullptr;
    uint32_t offset = 0;  // tokens of the node's that matched
  };

  Node& Root(const CacheKey& key);
  Place Walk(Node& root, std::span<const Token> tokens) const;
  Node& Split(Node& node, uint32_t offset);
  void MergeIntoChild(Node& node);
  void SaveAndRemoveLeaf(Node& leaf);
  void RemoveLeaf(Node& leaf);
  void Tidy(Node& node);
  void SetTip(SequenceId sequence, Node* tip);
  void CountOpen(Node* node, int change);
  void Free(SequenceId sequence);
  SequenceId AnyHolder(const Node& node) const;
  bool HasIdleTip(const Node& node) const;
  bool EvictSequence(const Node* keep, Instant now);
  // The last `count` tokens of a leaf are about to be evicted.
  void SaveEnd(const Node& leaf, uint32_t count);
  static SaveCells PathTo(const Node& tip, SequenceId sequence);
  void CheckNode(const Node& node, uint32_t& cells, uint32_t& idle) const;

  std::vector<MemoryOperation>& operations_;
  const bool saves_;
  std::map<CacheKey, std::unique_ptr<Node>> roots_;
  std::vector<Sequence> sequences_;
  std::vector<SequenceId> free_;  // lowest id last
  uint32_t cells_ = 0;
  uint32_t cells_idle_ = 0;
  uint64_t evicted_total_ = 0;
};

}  // namespace bedplate::scheduler
