// CheckpointTable: which beginnings of prompts callers have marked as worth keeping (cache points),
// and until when. What a request read is counted only where the table knows the beginning and the
// scheduler really found it in the KV cache.
//
// Not thread-safe.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// A mark behind so many of a prompt's tokens.
struct Checkpoint {
  uint32_t tokens = 0;
  std::chrono::seconds ttl{};
};

// A prompt's marks, in order and each once, and hashes[n] of its first n tokens, up to the last.
struct Checkpoints {
  std::vector<Checkpoint> marks{};
  std::vector<uint64_t> hashes{};
};

// `scope`: requests of other scopes share nothing; nor do those of other adapters.
std::vector<uint64_t> HashPrefixes(std::span<const TokenId> prompt, uint64_t scope,
                                   uint32_t adapter);

// What a request took from marked beginnings, and what it adds to them, by their time to live.
struct CheckpointUse {
  uint32_t read_tokens = 0;
  uint32_t written_short_tokens = 0;  // kept for five minutes
  uint32_t written_long_tokens = 0;   // kept for an hour
};

class CheckpointTable {
 public:
  static constexpr size_t kEntriesMax = 16'384;

  // The use of a prompt of which the first `cached_tokens` were found in the KV cache. What is read
  // lives on for its time anew.
  CheckpointUse Use(const Checkpoints& checkpoints, uint32_t cached_tokens, MonotonicTime now);
  // Its marks are kept from now on: the whole prompt is in the KV cache.
  void Keep(const Checkpoints& checkpoints, MonotonicTime now);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::chrono::seconds ttl{};
    MonotonicTime end{};
  };
  void MakeRoom(MonotonicTime now);

  std::unordered_map<uint64_t, Entry> entries_;  // by hash
};

}  // namespace bedplate::engine
