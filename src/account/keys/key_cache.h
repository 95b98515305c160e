// What was read from the database and has not changed since: keys, and what aliases name.
//
// A writer calls Forget when its change is in the database and before it tells anybody; whoever
// read before that cannot put the old state back, since Put wants the ticket of a time without a
// change in between. So nobody gets the old state who asks after the change was acknowledged.
//
// Threads: all members from any thread; a lock is held for one look-up in a table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace bedplate::account::keys {

template <class Value>
class KeyCache {
 public:
  // More entries than `most` are never held; which go then is left to chance.
  explicit KeyCache(std::size_t most) : most_of_shard_(most / kShards + 1) {}

  std::optional<Value> Get(std::string_view name) const {
    const Shard& shard = ShardOf(name);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(name);
    if (found == shard.entries.end()) return std::nullopt;
    return found->second;
  }

  // To be taken before the database is asked.
  uint64_t Ticket(std::string_view name) const {
    const Shard& shard = ShardOf(name);
    const std::lock_guard lock(shard.mutex);
    return shard.changes;
  }

  void Put(std::string_view name, uint64_t ticket, Value value) {
    Shard& shard = ShardOf(name);
    const std::lock_guard lock(shard.mutex);
    if (shard.changes != ticket) return;
    if (shard.entries.size() >= most_of_shard_) shard.entries.erase(shard.entries.begin());
    shard.entries.insert_or_assign(std::string(name), std::move(value));
  }

  void Forget(std::string_view name) {
    Shard& shard = ShardOf(name);
    const std::lock_guard lock(shard.mutex);
    ++shard.changes;
    if (const auto found = shard.entries.find(name); found != shard.entries.end()) {
      shard.entries.erase(found);
    }
  }

 private:
  static constexpr std::size_t kShards = 16;

  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Value, Hash, std::equal_to<>> entries;
    uint64_t changes = 0;
  };

  const Shard& ShardOf(std::string_view name) const { return shards_[Hash{}(name) % kShards]; }
  Shard& ShardOf(std::string_view name) { return shards_[Hash{}(name) % kShards]; }

  const std::size_t most_of_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace bedplate::account::keys
