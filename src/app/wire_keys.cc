#include "app/wire_keys.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "state/key_table.h"

namespace bedplate::app {
namespace {

constexpr const char* kRootKeyFile = "root.key";
// Deletions and rotations are days away; nobody sees the minute. A key whose time has come is gone
// before it is swept away.
constexpr std::chrono::minutes kTendEvery{1};

}  // namespace

Result<std::unique_ptr<KeyParts>> KeyParts::Make(const Settings& settings,
                                                 const Environment& environment,
                                                 const std::filesystem::path& data_folder,
                                                 state::Database& database) {
  state::KeyTable table(database);
  auto fingerprint = table.RootFingerprint();
  if (!fingerprint) return std::unexpected(std::move(fingerprint.error()));
  auto root = account::keys::RootKey::Load({.own_file = data_folder / kRootKeyFile,
                                            .file = settings.keys.root_key_file,
                                            .command = settings.keys.root_key_command,
                                            .environment = environment,
                                            .fingerprint = *fingerprint});
  if (!root) return std::unexpected(std::move(root.error()));
  if (fingerprint->empty()) {
    if (auto kept = table.KeepRootFingerprint(root->fingerprint()); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
  }
  return std::unique_ptr<KeyParts>(new KeyParts(database, std::move(*root)));
}

KeyParts::KeyParts(state::Database& database, account::keys::RootKey root)
    : store_(database, std::move(root), SystemClock()),
      administration_(database, store_),
      rotation_(store_, administration_),
      aliases_(store_),
      grants_(database, store_),
      envelopes_(store_) {}

void KeyParts::Tend() {
  const MonotonicTime now = SystemClock().Monotonic();
  if (now < tend_at_) return;
  tend_at_ = now + kTendEvery;
  auto tended = administration_.DeleteDue();
  if (tended) tended = rotation_.RotateDue();
  if (tended) return;
  log::Warning("keys", "keys can't be deleted and rotated now; it is tried again",
               {{"reason", tended.error().message}});
}

}  // namespace bedplate::app
