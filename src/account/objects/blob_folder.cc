#include "account/objects/blob_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/ids.h"
#include "base/log.h"

namespace bedplate::account::objects {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kNameCharacters = 32;
constexpr size_t kToRemoveMax = 1000;

bool IsBlobName(std::string_view name) {
  return name.size() == kNameCharacters &&
         name.find_first_not_of(kHexDigits) == std::string_view::npos;
}

Result<void> MakeFolder(const std::filesystem::path& folder) {
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return Fail(Fault::kUnavailable,
              fmt::format("cannot make the folder {}: {}", folder.string(), std::strerror(errno)));
}

}  // namespace

BlobFolder::Draft::~Draft() {
  if (!kept_) {
    writer_.reset();
    unlink(folder_.PathOf(blob_).c_str());
  }
  // Last: the sweep takes what is neither a draft nor named.
  const std::lock_guard lock(folder_.mutex_);
  folder_.drafts_.erase(blob_);
}

Result<std::unique_ptr<BlobFolder>> BlobFolder::Open(std::filesystem::path folder, BlobKeys keys) {
  if (auto made = MakeFolder(folder / "blobs"); !made) return std::unexpected(made.error());
  for (const char first : kHexDigits) {
    for (const char second : kHexDigits) {
      auto made = MakeFolder(folder / "blobs" / std::string{first, second});
      if (!made) return std::unexpected(made.error());
    }
  }
  return std::unique_ptr<BlobFolder>(new BlobFolder(std::move(folder), std::move(keys)));
}

std::filesystem::path BlobFolder::PathOf(const std::string& blob) const {
  return folder_ / "blobs" / blob.substr(0, 2) / blob;
}

bool BlobFolder::IsHeld(const std::string& blob) const {
  const std::lock_guard lock(mutex_);
  return drafts_.contains(blob) || pins_.contains(blob);
}

void BlobFolder::Pin(const std::string& blob) {
  const std::lock_guard lock(mutex_);
  ++pins_[blob].count;
}

void BlobFolder::Unpin(const std::string& blob) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pins_.find(blob);
    if (found == pins_.end() || --found->second.count > 0) return;
    const bool removed = found->second.removed;
    pins_.erase(found);
    if (!removed) return;
  }
  Unlink(blob);
}

Result<std::unique_ptr<BlobFolder::Draft>> BlobFolder::Create(const BlobProtection& protection) {
  std::string blob = NewRandomText(kNameCharacters, kHexDigits);
  const auto key = keys_.Make(blob, protection);
  if (!key) return std::unexpected(key.error());
  {
    const std::lock_guard lock(mutex_);
    drafts_.insert(blob);
  }
  std::unique_ptr<Draft> draft(new Draft(*this, std::move(blob)));
  draft->kms_key_arn_ = key->kms_key_arn;
  auto writer = BlobWriter::Create(PathOf(draft->blob()), draft->blob(), *key);
  if (!writer) return std::unexpected(std::move(writer.error()));
  draft->writer_ = std::move(*writer);
  return draft;
}

Result<std::unique_ptr<BlobReader>> BlobFolder::OpenBlob(const std::string& blob) const {
  if (!IsBlobName(blob)) return Fail(Fault::kInternal, "A row names what is no blob");
  return BlobReader::Open(PathOf(blob), blob, keys_);
}

void BlobFolder::Remove(const std::vector<std::string>& blobs) {
  for (const std::string& blob : blobs) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto pinned = pins_.find(blob); pinned != pins_.end()) {
        pinned->second.removed = true;
        continue;
      }
    }
    Unlink(blob);
  }
}

BlobFolder::~BlobFolder() {
  {
    const std::lock_guard lock(remover_mutex_);
    ending_ = true;
  }
  remover_wake_.notify_one();
  if (remover_.joinable()) remover_.join();
}

void BlobFolder::RemoveSoon(std::vector<std::string> blobs) {
  if (blobs.empty()) return;
  {
    const std::lock_guard lock(remover_mutex_);
    if (to_remove_.size() + blobs.size() <= kToRemoveMax) {
      if (!remover_.joinable()) remover_ = std::thread([this] { RemoveThem(); });
      to_remove_.insert(to_remove_.end(), std::make_move_iterator(blobs.begin()),
                        std::make_move_iterator(blobs.end()));
      blobs.clear();
    }
  }
  remover_wake_.notify_one();
  Remove(blobs);
}

void BlobFolder::RemoveThem() {
  pthread_setname_np(pthread_self(), "blob-remover");
  std::unique_lock lock(remover_mutex_);
  for (;;) {
    remover_wake_.wait(lock, [this] { return ending_ || !to_remove_.empty(); });
    if (to_remove_.empty()) return;
    const std::vector<std::string> blobs = std::exchange(to_remove_, {});
    lock.unlock();
    Remove(blobs);
    lock.lock();
  }
}

void BlobFolder::Unlink(const std::string& blob) const {
  if (!IsBlobName(blob) || unlink(PathOf(blob).c_str()) == 0 || errno == ENOENT) return;
  log::Warning("objects", "a file that nobody needs stays for now",
               {{"blob", blob}, {"reason", std::strerror(errno)}});
}

Result<size_t> BlobFolder::Sweep(const std::function<Result<bool>(const std::string&)>& is_named) {
  size_t removed = 0;
  std::error_code failed;
  std::filesystem::recursive_directory_iterator entries(folder_ / "blobs", failed);
  for (; !failed && entries != std::filesystem::recursive_directory_iterator();
       entries.increment(failed)) {
    std::error_code ignored;
    if (!entries->is_regular_file(ignored)) continue;
    const std::string blob = entries->path().filename().string();
    // In this order: a draft is named before it is no draft any more.
    if (!IsBlobName(blob) || IsHeld(blob)) continue;
    const auto named = is_named(blob);
    if (!named) return std::unexpected(named.error());
    if (*named) continue;
    if (unlink(entries->path().c_str()) == 0) ++removed;
  }
  if (failed) return Fail(Fault::kInternal, "cannot list the files of objects");
  return removed;
}

}  // namespace bedplate::account::objects
