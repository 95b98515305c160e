// PrefixStore: blocks of computed prefixes on the disk, for when they have left the KV cache or the
// engine was started again. A folder of files, one for each block, named by what it depends on; so
// it needs no index of its own, engines may share it, and what is lost costs time only.
//
// Bounded in bytes (the longest unused go first) and in time. Writing, looking ahead and removing
// are done by a thread of the store's own; what cannot be written is not kept.
//
// Threads: every member may be called from any thread; Read blocks for the disk, others do not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "engine/prefixes/block_file.h"
#include "engine/prefixes/block_key.h"

namespace bedplate::engine {

class PrefixStore {
 public:
  struct Options {
    // Made, for its owner alone, where it is missing; one that others may look into is refused.
    std::filesystem::path folder;
    uint64_t bytes_max = 0;                          // of all files
    uint64_t queued_bytes_max = uint64_t{64} << 20;  // that wait to be written, in memory
    // Left free on the disk for others.
    uint64_t disk_bytes_min = uint64_t{1} << 30;
    std::chrono::hours unused_max{24};  // what nobody asked for so long is removed
  };
  struct Counts {
    uint64_t blocks = 0;  // now, those that wait to be written too
    uint64_t bytes = 0;
    uint64_t written_total = 0;
    uint64_t read_total = 0;
    uint64_t removed_total = 0;
    uint64_t failed_total = 0;  // not written, or spoilt when read
  };

  // kInternal where the folder cannot be used.
  static Result<std::unique_ptr<PrefixStore>> Open(Options options,
                                                   const Clock& clock = SystemClock());
  // Writes what waits, for kLastWritingMax at most.
  ~PrefixStore();
  static constexpr std::chrono::milliseconds kLastWritingMax{1'000};
  PrefixStore(const PrefixStore&) = delete;
  PrefixStore& operator=(const PrefixStore&) = delete;

  // How many of the keys, from the first one on, are here. They count as used; those from
  // `wanted_from` on are wanted soon.
  size_t Find(std::span<const BlockKey> keys, size_t wanted_from = 0);
  bool Has(const BlockKey& key) const;
  // Null where it is gone or spoilt; then it is removed.
  std::shared_ptr<const Bytes> Read(const BlockKey& key);
  // What was read is of no use after all: it is removed and counted as failed.
  void Spoilt(const BlockKey& key);
  // Whether so many bytes more may wait to be written.
  bool HasQueueRoom(uint64_t bytes) const;
  // Whether so many bytes more fit without removing anything.
  bool HasRoom(uint64_t bytes) const;
  // False where it was not kept, for want of room. `after`: the block without which this one is of
  // no use: this one is removed before that, and not kept where that is not.
  bool Write(const BlockKey& key, Bytes contents, const BlockKey* after = nullptr);
  // Returns when nothing waits, or when `stop` says so, which is asked every few milliseconds.
  void Flush(const std::function<bool()>& stop = [] { return false; });

  Counts GetCounts() const;

 private:
  struct Entry {
    uint64_t file_bytes = 0;
    WallTime used{};
    WallTime marked{};                     // as used, by the file's time
    std::shared_ptr<const Bytes> waiting;  // to be written
    std::list<BlockKey>::iterator place;   // in uses_
  };
  using Entries = std::map<BlockKey, Entry>;
  struct ToWrite {
    BlockKey key;
  };
  struct ToLookAt {
    BlockKey key;
  };
  struct ToMark {
    BlockKey key;
  };
  struct ToRemove {
    BlockKey key;
  };
  using Job = std::variant<ToWrite, ToLookAt, ToMark, ToRemove>;

  PrefixStore(Options options, const Clock& clock);
  void ReadFolder();
  void Run();
  void Do(const ToWrite& job);
  void Do(const ToLookAt& job) const { ReadAhead(PathOf(job.key)); }
  void Do(const ToMark& job);
  void Do(const ToRemove& job);
  void Mark(const BlockKey& key, WallTime used) const;
  bool DiskHasRoom(uint64_t bytes) const;
  std::filesystem::path PathOf(const BlockKey& key) const { return options_.folder / ToHex(key); }

  // With mutex_ held.
  void Insert(std::list<BlockKey>::iterator place, const BlockKey& key, Entry entry);
  void Touch(const BlockKey& key, Entry& entry, WallTime now);
  void Forget(Entries::iterator entry);
  void Enqueue(Job job);
  void RemoveWhatIsTooMuch();

  const Options options_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  Entries entries_;           // guarded by mutex_, as all that follow
  std::list<BlockKey> uses_;  // the latest first
  std::deque<Job> jobs_;
  uint64_t queued_bytes_ = 0;
  bool working_ = false;
  bool failing_ = false;  // the last one could not be written, which was said
  bool stop_ = false;
  MonotonicTime sweep_at_{};
  MonotonicTime write_until_{};  // once stop_ is set
  Counts counts_;

  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace bedplate::engine
