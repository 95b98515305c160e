// KeyTest: keys over a real database, in an account of their own, at a time that tests move.
//
// Threads: used by the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "account/keys/envelope.h"
#include "account/keys/key_administration.h"
#include "account/keys/key_aliases.h"
#include "account/keys/key_grants.h"
#include "account/keys/key_rotation.h"
#include "account/keys/key_store.h"
#include "account/keys/root_key.h"
#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::account::keys {

inline constexpr std::string_view kRoot = "0123456789abcdef0123456789abcdef";

class KeyTest : public testing::Test {
 protected:
  KeyPtr Make(std::string spec = "SYMMETRIC_DEFAULT", std::string usage = {}) {
    auto made = administration_.Create(scope_, {.spec = std::move(spec), .usage = std::move(usage)},
                                       caller_);
    if (!made) ADD_FAILURE() << made.error().message;
    return made.value_or(nullptr);
  }
  // As it is now.
  KeyPtr Now(const KeyPtr& key) { return *store_.Find(scope_, key->arn); }

  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  FakeClock clock_;
  KeyStore store_{*database_, RootKey(kRoot), clock_};
  KeyAdministration administration_{*database_, store_};
  KeyRotation rotation_{store_, administration_};
  KeyAliases aliases_{store_};
  KeyGrants grants_{*database_, store_};
  Envelopes envelopes_{store_};
  const Scope scope_{.account = "111122223333", .region = "eu-west-1"};
  const Scope other_{.account = "444455556666", .region = "eu-west-1"};
  const policy::Identity caller_{.account = "111122223333",
                                 .arn = "arn:aws:iam::111122223333:root"};
};

// The type of a failure, "" for none.
template <class T>
std::string TypeOf(const Result<T>& result) {
  return result ? std::string() : result.error().type;
}

}  // namespace bedplate::account::keys
