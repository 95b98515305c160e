// The identities of all accounts, and who of them sends a request.
//
// Threads: made and destroyed by main; what the accessors give is used on all reactors.
#pragma once

#include <memory>

#include "account/identity/identities.h"
#include "account/identity/identity_store.h"
#include "app/data_folder.h"
#include "base/result.h"
#include "state/database.h"

namespace bedplate::app {

class IdentityParts {
 public:
  // `database` outlives this. Blocks. Fails with a message for the user.
  static Result<std::unique_ptr<IdentityParts>> Make(const DataFolder& folder,
                                                     const account::RootCredentials& first,
                                                     state::Database& database);

  account::IdentityStore& store() { return *store_; }
  const account::Identities& identities() const { return identities_; }

  // To be called about once a second and before the end: takes up accounts that another process
  // added, and writes when keys were used. Blocks on the disk; what goes wrong is in the log.
  void KeepHouse();

 private:
  explicit IdentityParts(std::unique_ptr<account::IdentityStore> store)
      : store_(std::move(store)), identities_(*store_) {}

  std::unique_ptr<account::IdentityStore> store_;
  account::Identities identities_;
};

}  // namespace bedplate::app
