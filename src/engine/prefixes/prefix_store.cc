#include "engine/prefixes/prefix_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"

namespace bedplate::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kSweepEvery{10};
// A file that is being written belongs to somebody; one that has been for so long, to nobody.
constexpr std::chrono::hours kPartAgeMax{1};

WallTime ModifiedAt(const struct stat& status) {
  return WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                  std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

// What is found again and again, though it need not be read, is not old to an engine started later.
constexpr std::chrono::minutes kMarkEvery{10};

}  // namespace

Result<std::unique_ptr<PrefixStore>> PrefixStore::Open(Options options, const Clock& clock) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (!error) fs::permissions(options.folder, fs::perms::owner_all, error);
  if (error) {
    return Fail(Fault::kInternal, "the folder of prefixes, " + options.folder.string() +
                                      ", cannot be used: " + error.message());
  }
  return std::unique_ptr<PrefixStore>(new PrefixStore(std::move(options), clock));
}

PrefixStore::PrefixStore(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
  ReadFolder();
  thread_ = std::thread([this] { Run(); });
}

PrefixStore::~PrefixStore() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// What an engine before this one left. Whether a file is whole is looked at when it is read.
void PrefixStore::ReadFolder() {
  struct Found {
    WallTime used;
    BlockKey key;
    uint64_t bytes;
  };
  std::vector<Found> found;
  std::error_code error;
  for (fs::directory_iterator at(options_.folder, error), end; !error && at != end;
       at.increment(error)) {
    struct stat status = {};
    if (lstat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const WallTime used = ModifiedAt(status);
    BlockKey key;
    if (FromHex(at->path().filename().string(), key)) {
      found.push_back({used, key, static_cast<uint64_t>(status.st_size)});
    } else if (at->path().extension() == ".part" && clock_.Now() - used > kPartAgeMax) {
      std::error_code ignored;
      fs::remove(at->path(), ignored);
    }
  }
  std::ranges::sort(found, {}, &Found::used);
  for (const Found& file : found) {
    Insert(file.key, {.file_bytes = file.bytes,
                      .used = file.used,
                      .marked = file.used,
                      .waiting = {},
                      .place = {}});
  }
  RemoveWhatIsTooMuch();
}

size_t PrefixStore::Find(std::span<const BlockKey> keys, size_t wanted_from) {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  while (count < keys.size() && entries_.contains(keys[count])) ++count;
  // The first is touched last: without it the others are of no use.
  for (size_t i = count; i > 0; --i) {
    Entry& entry = entries_.find(keys[i - 1])->second;
    Touch(keys[i - 1], entry);
    if (!entry.waiting && i > wanted_from) Enqueue(ToLookAt{keys[i - 1]});
  }
  return count;
}

bool PrefixStore::Has(const BlockKey& key) const {
  const std::lock_guard lock(mutex_);
  return entries_.contains(key);
}

std::shared_ptr<const Bytes> PrefixStore::Read(const BlockKey& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return nullptr;
    if (entry->second.waiting) return entry->second.waiting;
  }
  const fs::path path = PathOf(key);
  auto contents = ReadBlockFile(path, key);
  const std::lock_guard lock(mutex_);
  if (contents) {
    ++counts_.read_total;
    return std::make_shared<const Bytes>(std::move(*contents));
  }
  // Another engine of the folder may have removed it.
  if (contents.error().fault != Fault::kNotFound) {
    ++counts_.failed_total;
    log::Warning("engine", "a kept prefix is spoilt and is computed anew",
                 {{"reason", contents.error().message}, {"file", path.string()}});
  }
  const auto entry = entries_.find(key);
  if (entry != entries_.end() && !entry->second.waiting) {
    Forget(entry);
    Enqueue(ToRemove{key});
  }
  return nullptr;
}

bool PrefixStore::Write(const BlockKey& key, Bytes contents) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = entries_.find(key); entry != entries_.end()) {
    Touch(key, entry->second);
    return true;
  }
  // One may always wait, however large.
  if (queued_bytes_ > 0 && queued_bytes_ + contents.size() > options_.queued_bytes_max) {
    ++counts_.failed_total;
    return false;
  }
  queued_bytes_ += contents.size();
  const uint64_t file_bytes = BlockFileBytes(contents.size());
  Insert(key, {.file_bytes = file_bytes,
               .used = clock_.Now(),
               .marked = clock_.Now(),
               .waiting = std::make_shared<const Bytes>(std::move(contents)),
               .place = {}});
  Enqueue(ToWrite{key});
  RemoveWhatIsTooMuch();
  return true;
}

void PrefixStore::Flush() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return jobs_.empty() && !working_; });
}

PrefixStore::Counts PrefixStore::GetCounts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

PrefixStore::Entries::iterator PrefixStore::Insert(const BlockKey& key, Entry entry) {
  uses_.push_front(key);
  entry.place = uses_.begin();
  ++counts_.blocks;
  counts_.bytes += entry.file_bytes;
  return entries_.insert_or_assign(key, std::move(entry)).first;
}

void PrefixStore::Touch(const BlockKey& key, Entry& entry) {
  entry.used = clock_.Now();
  if (!entry.waiting && entry.used - entry.marked > kMarkEvery) {
    entry.marked = entry.used;
    Enqueue(ToMark{key});
  }
  uses_.splice(uses_.begin(), uses_, entry.place);
}

void PrefixStore::Forget(Entries::iterator entry) {
  if (entry->second.waiting) queued_bytes_ -= entry->second.waiting->size();
  --counts_.blocks;
  counts_.bytes -= entry->second.file_bytes;
  uses_.erase(entry->second.place);
  entries_.erase(entry);
}

void PrefixStore::Enqueue(Job job) {
  jobs_.push_back(job);
  wake_.notify_one();
}

void PrefixStore::RemoveWhatIsTooMuch() {
  const WallTime oldest = clock_.Now() - options_.unused_max;
  while (!uses_.empty()) {
    const auto last = entries_.find(uses_.back());
    if (counts_.bytes <= options_.bytes_max && last->second.used >= oldest) return;
    const BlockKey key = last->first;
    Forget(last);
    ++counts_.removed_total;
    Enqueue(ToRemove{key});
  }
}

void PrefixStore::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!wake_.wait_for(lock, kSweepEvery, [&] { return stop_ || !jobs_.empty(); })) {
      RemoveWhatIsTooMuch();
      continue;
    }
    if (jobs_.empty()) return;  // asked to stop, and all is done
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    working_ = true;
    lock.unlock();
    std::visit([this](const auto& what) { Do(what); }, job);
    lock.lock();
    working_ = false;
    if (jobs_.empty()) idle_.notify_all();
  }
}

void PrefixStore::Do(const ToWrite& job) {
  std::shared_ptr<const Bytes> contents;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(job.key);
    if (entry == entries_.end() || !entry->second.waiting) return;  // removed meanwhile
    contents = entry->second.waiting;
  }
  Result<void> written;
  if (DiskHasRoom(contents->size())) {
    written = WriteBlockFile(PathOf(job.key), job.key, *contents);
  } else {
    written = Fail(Fault::kInternal, "the disk has too little room left");
  }
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(job.key);
  if (entry == entries_.end()) return;  // a ToRemove follows
  if (!written) {
    ++counts_.failed_total;
    if (!std::exchange(failing_, true)) {
      log::Warning("engine", "prefixes are not kept", {{"reason", written.error().message}});
    }
    return Forget(entry);
  }
  failing_ = false;
  ++counts_.written_total;
  queued_bytes_ -= contents->size();
  entry->second.waiting.reset();
}

void PrefixStore::Do(const ToMark& job) const {
  const auto now = std::chrono::file_clock::from_sys(clock_.Now());
  std::error_code ignored;
  fs::last_write_time(PathOf(job.key), now, ignored);
}

void PrefixStore::Do(const ToRemove& job) {
  {
    const std::lock_guard lock(mutex_);
    if (entries_.contains(job.key)) return;  // written again meanwhile
  }
  std::error_code ignored;
  fs::remove(PathOf(job.key), ignored);
}

bool PrefixStore::DiskHasRoom(uint64_t bytes) const {
  std::error_code error;
  const fs::space_info space = fs::space(options_.folder, error);
  return error || space.available >= bytes + options_.disk_bytes_min;
}

}  // namespace bedplate::engine
