#include "engine/inference/checkpoint_table.h"

#include <xxhash.h>

#include <algorithm>

namespace bedplate::engine {
namespace {

constexpr std::chrono::minutes kShort{5};

}  // namespace

std::vector<uint64_t> HashPrefixes(std::span<const TokenId> prompt, uint64_t scope,
                                   uint32_t adapter) {
  std::vector<uint64_t> hashes = {XXH3_64bits_withSeed(&adapter, sizeof adapter, scope)};
  hashes.reserve(prompt.size() + 1);
  for (const TokenId token : prompt) {
    hashes.push_back(XXH3_64bits_withSeed(&token, sizeof token, hashes.back()));
  }
  return hashes;
}

CheckpointUse CheckpointTable::Use(const Checkpoints& checkpoints, uint32_t cached_tokens,
                                   MonotonicTime now) {
  CheckpointUse use;
  if (checkpoints.marks.empty()) return use;
  for (uint32_t tokens = std::min(cached_tokens, checkpoints.marks.back().tokens); tokens > 0;
       --tokens) {
    const auto found = entries_.find(checkpoints.hashes[tokens]);
    if (found == entries_.end() || found->second.end <= now) continue;
    found->second.end = now + found->second.ttl;
    use.read_tokens = tokens;
    break;
  }
  uint32_t before = use.read_tokens;
  for (const Checkpoint& mark : checkpoints.marks) {
    if (mark.tokens <= before) continue;
    (mark.ttl > kShort ? use.written_long_tokens : use.written_short_tokens) +=
        mark.tokens - before;
    before = mark.tokens;
  }
  return use;
}

void CheckpointTable::Keep(const Checkpoints& checkpoints, MonotonicTime now) {
  for (const Checkpoint& mark : checkpoints.marks) {
    if (entries_.size() >= kEntriesMax) MakeRoom(now);
    Entry& entry = entries_[checkpoints.hashes[mark.tokens]];
    entry.ttl = std::max(entry.end > now ? entry.ttl : std::chrono::seconds(0), mark.ttl);
    entry.end = now + entry.ttl;
  }
}

void CheckpointTable::MakeRoom(MonotonicTime now) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.end <= now; });
  if (entries_.size() < kEntriesMax) return;
  entries_.erase(
      std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.end; }));
}

}  // namespace bedplate::engine
