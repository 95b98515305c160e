// Envelopes: how the rest of the server encrypts what it stores under somebody's KMS key. The data
// is encrypted with a data key of its own; the data key is stored beside it, sealed with the KMS
// key, and opens again only while that key may be used.
//
// Errors are KMS's (key_error.h): DisabledException, KMSInvalidStateException, NotFoundException,
// InvalidKeyUsageException, InvalidCiphertextException. Whether the caller may use the key is
// decided before. Threads: all members from any thread; the Try ones never block, the others block
// on the database when the key is not in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/keys/grant.h"
#include "account/keys/key_store.h"
#include "account/keys/secret.h"
#include "base/result.h"

namespace bedplate::account::keys {

struct DataKey {
  Secret plaintext{};    // 32 bytes
  std::string sealed{};  // to be stored; a ciphertext of KMS's Decrypt, with the same context
  std::string key_arn{};
};

class Envelopes {
 public:
  // `store` outlives this.
  explicit Envelopes(KeyStore& store) : store_(store) {}

  // `identifier`: as callers name keys; "alias/aws/s3" for the key that is AWS's own. `context` is
  // bound to the data key: it must be the same when that is opened.
  Result<DataKey> Make(const Scope& scope, std::string_view identifier,
                       const EncryptionContext& context);
  // Nothing when the database must be asked.
  std::optional<Result<DataKey>> TryMake(const Scope& scope, std::string_view identifier,
                                         const EncryptionContext& context) const;

  // `region`: of the server.
  Result<Secret> Open(const std::string& region, std::string_view sealed,
                      const EncryptionContext& context);
  std::optional<Result<Secret>> TryOpen(const std::string& region, std::string_view sealed,
                                        const EncryptionContext& context) const;

 private:
  KeyStore& store_;
};

}  // namespace bedplate::account::keys
