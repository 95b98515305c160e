// New material for symmetric keys, by themselves or when asked for. What older material encrypted
// is decrypted with it still.
//
// Errors are KMS's (key_error.h). Threads: all members from any thread; they block on the database.
// spec: KMS developer guide, "Rotate AWS KMS keys"
#pragma once

#include <cstdint>
#include <string>

#include "account/keys/key_administration.h"
#include "account/keys/key_store.h"
#include "base/result.h"

namespace bedplate::account::keys {

class KeyRotation {
 public:
  // Both outlive this.
  KeyRotation(KeyStore& store, KeyAdministration& administration)
      : store_(store), administration_(administration) {}

  // Every so many days from now on; 0: no more. UnsupportedOperationException for keys that are
  // not rotated, DisabledException, KMSInvalidStateException.
  Result<void> SetPeriod(const Key& key, int64_t days);
  // LimitExceededException when it was done 25 times.
  Result<void> RotateNow(const Key& key);

  // Rotates the keys whose time has come.
  Result<void> RotateDue();

 private:
  Result<void> Rotate(const state::KeyPlace& place, const std::string& origin);

  KeyStore& store_;
  KeyAdministration& administration_;
};

// UnsupportedOperationException for a key that has one material for ever.
Result<void> CheckRotates(const Key& key);

}  // namespace bedplate::account::keys
