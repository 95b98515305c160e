// The keys of KMS: the root key, and what stands on it.
//
// Threads: made, tended and destroyed by main; what the accessors give is used on all threads.
#pragma once

#include <filesystem>
#include <memory>

#include "account/keys/envelope.h"
#include "account/keys/key_administration.h"
#include "account/keys/key_aliases.h"
#include "account/keys/key_grants.h"
#include "account/keys/key_rotation.h"
#include "account/keys/key_store.h"
#include "account/keys/root_key.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"
#include "base/settings.h"
#include "services/kms/service.h"
#include "state/database.h"

namespace bedplate::app {

class KeyParts {
 public:
  // Blocks on the disk, and on the operator's command where that gives the root key. Fails with a
  // message for the user. `database` outlives this.
  static Result<std::unique_ptr<KeyParts>> Make(const Settings& settings,
                                                const Environment& environment,
                                                const std::filesystem::path& data_folder,
                                                state::Database& database);

  account::keys::KeyStore& store() { return store_; }
  account::keys::KeyGrants& grants() { return grants_; }
  account::keys::Envelopes& envelopes() { return envelopes_; }
  services::kms::KeyServices services() {
    return {.store = store_,
            .administration = administration_,
            .rotation = rotation_,
            .aliases = aliases_,
            .grants = grants_};
  }

  // To be called about once a second: deletes and rotates the keys whose time has come. Blocks on
  // the database.
  void Tend();

 private:
  KeyParts(state::Database& database, account::keys::RootKey root);

  account::keys::KeyStore store_;
  account::keys::KeyAdministration administration_;
  account::keys::KeyRotation rotation_;
  account::keys::KeyAliases aliases_;
  account::keys::KeyGrants grants_;
  account::keys::Envelopes envelopes_;
  MonotonicTime tend_at_{};
};

}  // namespace bedplate::app
