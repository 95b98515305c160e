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
// Blocks of one text are used in this order, the first last, also by the times of their files.
constexpr std::chrono::microseconds kApart{1};
constexpr std::chrono::milliseconds kAskEvery{5};
// A disk that is so far behind is not asked to read ahead.
constexpr size_t kJobsAheadMax = 1024;
// A file that is being written belongs to somebody; one that has been for so long, to nobody.
constexpr std::chrono::hours kPartAgeMax{1};
// What is found again and again, though it need not be read, is not old to an engine started later.
constexpr std::chrono::minutes kMarkEvery{10};

WallTime ModifiedAt(const struct stat& status) {
  return WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                  std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

}  // namespace

Result<std::unique_ptr<PrefixStore>> PrefixStore::Open(Options options, const Clock& clock) {
  std::error_code error;
  const bool made = fs::create_directories(options.folder, error);
  if (made && !error) fs::permissions(options.folder, fs::perms::owner_all, error);
  const auto others = fs::status(options.folder, error).permissions() &
                      (fs::perms::group_all | fs::perms::others_all);
  if (error || others != fs::perms::none) {
    return Fail(Fault::kInternal,
                "the folder of prefixes, " + options.folder.string() + ", cannot be used: " +
                    (error ? error.message() : std::string("others may look into it")));
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
    write_until_ = clock_.Monotonic() + kLastWritingMax;
    std::erase_if(jobs_, [](const Job& job) { return std::holds_alternative<ToLookAt>(job); });
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
    Insert(uses_.begin(), file.key,
           {.file_bytes = file.bytes,
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
  const WallTime now = clock_.Now();
  for (size_t i = count; i > 0; --i) {
    Entry& entry = entries_.find(keys[i - 1])->second;
    Touch(keys[i - 1], entry, now - i * kApart);
    const bool wanted = !entry.waiting && i > wanted_from;
    if (wanted && jobs_.size() < kJobsAheadMax) Enqueue(ToLookAt{keys[i - 1]});
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

void PrefixStore::Spoilt(const BlockKey& key) {
  const std::lock_guard lock(mutex_);
  ++counts_.failed_total;
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || entry->second.waiting) return;
  Forget(entry);
  Enqueue(ToRemove{key});
}

// One may always wait, however large.
bool PrefixStore::HasQueueRoom(uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_ == 0 || queued_bytes_ + bytes <= options_.queued_bytes_max;
}

bool PrefixStore::HasRoom(uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  return counts_.bytes + BlockFileBytes(bytes) <= options_.bytes_max;
}

bool PrefixStore::Write(const BlockKey& key, Bytes contents, const BlockKey* after) {
  const std::lock_guard lock(mutex_);
  if (entries_.contains(key)) return true;
  const uint64_t file_bytes = BlockFileBytes(contents.size());
  if (file_bytes > options_.bytes_max) return false;
  WallTime used = clock_.Now();
  auto place = uses_.begin();
  if (after != nullptr) {
    const auto before = entries_.find(*after);
    if (before == entries_.end()) return false;
    used = before->second.used - kApart;
    place = std::next(before->second.place);
  }
  queued_bytes_ += contents.size();
  Insert(place, key,
         {.file_bytes = file_bytes,
          .used = used,
          .marked = used,
          .waiting = std::make_shared<const Bytes>(std::move(contents)),
          .place = {}});
  Enqueue(ToWrite{key});
  RemoveWhatIsTooMuch();
  return entries_.contains(key);
}

void PrefixStore::Flush(const std::function<bool()>& stop) {
  std::unique_lock lock(mutex_);
  const auto idle = [&] { return jobs_.empty() && !working_; };
  while (!idle_.wait_for(lock, kAskEvery, idle)) {
    lock.unlock();
    if (stop()) return;
    lock.lock();
  }
}

PrefixStore::Counts PrefixStore::GetCounts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void PrefixStore::Insert(std::list<BlockKey>::iterator place, const BlockKey& key, Entry entry) {
  entry.place = uses_.insert(place, key);
  ++counts_.blocks;
  counts_.bytes += entry.file_bytes;
  entries_.insert_or_assign(key, std::move(entry));
}

void PrefixStore::Touch(const BlockKey& key, Entry& entry, WallTime now) {
  entry.used = now;
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
    wake_.wait_for(lock, kSweepEvery, [&] { return stop_ || !jobs_.empty(); });
    if (clock_.Monotonic() >= sweep_at_) {
      sweep_at_ = clock_.Monotonic() + kSweepEvery;
      RemoveWhatIsTooMuch();
    }
    if (stop_ && (jobs_.empty() || clock_.Monotonic() > write_until_)) return;
    if (jobs_.empty()) continue;
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
  WallTime used;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(job.key);
    if (entry == entries_.end() || !entry->second.waiting) return;  // removed meanwhile
    contents = entry->second.waiting;
    used = entry->second.used;
  }
  Result<void> written;
  if (DiskHasRoom(contents->size())) {
    written = WriteBlockFile(PathOf(job.key), job.key, *contents);
    Mark(job.key, used);
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

void PrefixStore::Do(const ToMark& job) {
  WallTime used;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(job.key);
    if (entry == entries_.end()) return;
    used = entry->second.used;
  }
  Mark(job.key, used);
}

void PrefixStore::Mark(const BlockKey& key, WallTime used) const {
  std::error_code ignored;
  fs::last_write_time(PathOf(key), std::chrono::file_clock::from_sys(used), ignored);
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
