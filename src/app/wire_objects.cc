#include "app/wire_objects.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "account/objects/lifecycle.h"
#include "account/objects/local_objects.h"
#include "base/log.h"
#include "base/private_file.h"
#include "services/s3/upstream/remote_objects.h"

namespace bedplate::app {
namespace {

namespace objects = account::objects;

// Work here waits for the disk, and several waits at once cost it no more than one.
constexpr size_t kThreads = 16;
// What expires does so at midnight; nobody sees some minutes.
constexpr std::chrono::minutes kExpireEvery{5};
constexpr std::chrono::hours kSweepEvery{6};
constexpr size_t kSecretBytesMax = 1024;

// The secret of objects.access_key_id, without the line end that an editor left.
Result<std::string> ReadSecret(const std::filesystem::path& file) {
  auto secret = ReadPrivateFile(file, kSecretBytesMax);
  if (!secret) return std::unexpected(std::move(secret.error()));
  if (*secret) {
    std::string& text = **secret;
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (!text.empty()) return std::move(text);
  }
  return Fail(Fault::kValidation,
              fmt::format("objects.secret_key_file: '{}' holds no secret", file.string()));
}

// The store at objects.url; null where that is not set.
Result<std::unique_ptr<objects::ObjectStore>> StoreElsewhere(const Settings& settings,
                                                             net::Reactors& reactors) {
  if (settings.objects.url.empty()) return nullptr;
  if (settings.objects.access_key_id.empty()) {
    return Fail(Fault::kValidation, "objects.url is set, and objects.access_key_id is not");
  }
  auto secret = ReadSecret(settings.objects.secret_key_file);
  if (!secret) return std::unexpected(std::move(secret.error()));
  services::s3::UpstreamOptions options;
  options.url = settings.objects.url;
  options.region = settings.objects.region;
  options.access_key_id = settings.objects.access_key_id;
  options.secret = std::move(*secret);
  auto client = services::s3::SignedClient::Make(std::move(options), reactors, SystemClock());
  if (!client) return std::unexpected(std::move(client.error()));
  return std::make_unique<services::s3::RemoteObjects>(std::move(*client));
}

}  // namespace

ObjectParts::ObjectParts(const Settings& settings, std::unique_ptr<objects::Buckets> buckets,
                         std::unique_ptr<objects::LocalStore> store,
                         std::unique_ptr<objects::ObjectStore> elsewhere)
    : buckets_(std::move(buckets)),
      store_(std::move(store)),
      uploads_(*store_, static_cast<uint64_t>(settings.limits.object_bytes_max)),
      here_(elsewhere == nullptr),
      objects_(std::move(elsewhere)),
      pool_(kThreads) {
  if (here_) objects_ = std::make_unique<objects::LocalObjects>(*store_);
}

ObjectParts::~ObjectParts() {
  if (house_.joinable()) house_.join();
}

Result<std::unique_ptr<ObjectParts>> ObjectParts::Make(const Settings& settings,
                                                       const std::filesystem::path& folder,
                                                       state::Database& database,
                                                       account::keys::Envelopes& envelopes,
                                                       net::Reactors& reactors) {
  auto elsewhere = StoreElsewhere(settings, reactors);
  if (!elsewhere) return std::unexpected(std::move(elsewhere.error()));
  auto buckets = objects::Buckets::Open(database, SystemClock());
  if (!buckets) return std::unexpected(std::move(buckets.error()));
  auto store = objects::LocalStore::Open(
      {.folder = folder, .region = settings.account.region, .envelopes = &envelopes}, database,
      **buckets, SystemClock());
  if (!store) return std::unexpected(std::move(store.error()));
  return std::unique_ptr<ObjectParts>(
      new ObjectParts(settings, std::move(*buckets), std::move(*store), std::move(*elsewhere)));
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
