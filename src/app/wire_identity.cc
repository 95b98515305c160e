#include "app/wire_identity.h"

#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace bedplate::app {

Result<std::unique_ptr<IdentityParts>> IdentityParts::Make(const DataFolder& folder,
                                                           const account::RootCredentials& first,
                                                           state::Database& database) {
  auto sealer = account::Sealer::Load(folder.path());
  if (!sealer) return std::unexpected(std::move(sealer.error()));
  auto store = account::IdentityStore::Open(database, first, std::move(*sealer), SystemClock());
  if (!store) return std::unexpected(std::move(store.error()));
  return std::unique_ptr<IdentityParts>(new IdentityParts(std::move(*store)));
}

void IdentityParts::KeepHouse() {
  if (const auto loaded = store_->ReloadIfChanged(); !loaded) {
    log::Warning("account", "identities could not be read again",
                 {{"reason", loaded.error().message}});
  }
  if (const auto kept = store_->KeepUses(); !kept) {
    log::Warning("account", "uses of keys could not be kept", {{"reason", kept.error().message}});
  }
}

}  // namespace bedplate::app
