#include "app/wire_objects.h"

#include <chrono>
#include <utility>

#include "account/objects/lifecycle.h"
#include "base/log.h"

namespace bedplate::app {
namespace {

namespace objects = account::objects;

// Work here waits for the disk, and several waits at once cost it no more than one.
constexpr size_t kThreads = 16;
// What expires does so at midnight; nobody sees some minutes.
constexpr std::chrono::minutes kExpireEvery{5};
constexpr std::chrono::hours kSweepEvery{6};

}  // namespace

ObjectParts::ObjectParts(const Settings& settings, std::unique_ptr<objects::Buckets> buckets,
                         std::unique_ptr<objects::LocalStore> store)
    : buckets_(std::move(buckets)),
      store_(std::move(store)),
      uploads_(*store_, static_cast<uint64_t>(settings.limits.object_bytes_max)),
      pool_(kThreads) {}

ObjectParts::~ObjectParts() {
  if (house_.joinable()) house_.join();
}

Result<std::unique_ptr<ObjectParts>> ObjectParts::Make(const Settings& settings,
                                                       const std::filesystem::path& folder,
                                                       state::Database& database,
                                                       account::keys::Envelopes& envelopes) {
  auto buckets = objects::Buckets::Open(database, SystemClock());
  if (!buckets) return std::unexpected(std::move(buckets.error()));
  auto store = objects::LocalStore::Open(
      {.folder = folder, .region = settings.account.region, .envelopes = &envelopes}, database,
      **buckets, SystemClock());
  if (!store) return std::unexpected(std::move(store.error()));
  return std::unique_ptr<ObjectParts>(
      new ObjectParts(settings, std::move(*buckets), std::move(*store)));
}

void ObjectParts::Tend() {
  const MonotonicTime now = SystemClock().Monotonic();
  if (now < expire_at_ || keeping_house_) return;
  expire_at_ = now + kExpireEvery;
  // The first time at the start: for what a killed server left.
  if (now >= sweep_at_) sweep_due_ = true;
  if (now >= sweep_at_) sweep_at_ = now + kSweepEvery;
  if (house_.joinable()) house_.join();
  keeping_house_ = true;
  house_ = std::thread([this] {
    KeepHouse();
    keeping_house_ = false;
  });
}

void ObjectParts::KeepHouse() {
  if (sweep_due_.exchange(false)) {
    if (const auto swept = store_->Sweep(); !swept) {
      log::Warning("objects", "files that nobody needs were not all removed",
                   {{"reason", swept.error().message}});
    }
  }
  if (const auto expired = objects::CarryOut(*store_); !expired) {
    log::Warning("objects", "lifecycle rules were not all carried out",
                 {{"reason", expired.error().message}});
  }
}

}  // namespace bedplate::app
