// The keys of blobs: each blob has its own, which lies beside it sealed, by the server's store key
// (SSE-S3) or by a KMS key (SSE-KMS).
//
// Errors: those of the KMS key as its store gives them; kInternal for what cannot be opened here.
// Threads: any; calls may block on the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "account/keys/secret.h"
#include "base/result.h"

namespace bedplate::account::keys {
class Envelopes;
}

namespace bedplate::account::objects {

// What is asked of a new blob's key.
struct BlobProtection {
  std::string account{};
  std::string region{};
  std::string kms_key{};                         // empty: the store key
  std::map<std::string, std::string> context{};  // of the KMS key's use
};

// Stands at the beginning of a blob's file.
struct BlobHead {
  bool kms = false;
  std::string sealed_key{};
  std::map<std::string, std::string> context{};

  static constexpr size_t kBytesMax = 16 << 10;
  std::string ToBytes() const;
  // The head that `bytes` begin with, and how long it is; kInternal for what is none.
  static Result<std::pair<BlobHead, size_t>> Read(std::string_view bytes);
};

struct NewBlobKey {
  keys::Secret plain;
  BlobHead head;
  std::string kms_key_arn{};  // of what sealed it, where that is a KMS key
};

class BlobKeys {
 public:
  // The store key is in `folder`/store.key, made (0600) when it is missing. `envelopes` outlives
  // this; null: no KMS keys. `region` is the server's.
  static Result<BlobKeys> Open(const std::filesystem::path& folder, keys::Envelopes* envelopes,
                               std::string region);

  bool has_kms() const { return envelopes_ != nullptr; }
  Result<NewBlobKey> Make(std::string_view blob, const BlobProtection& protection) const;
  Result<keys::Secret> OpenKey(std::string_view blob, const BlobHead& head) const;

 private:
  BlobKeys(keys::Secret store_key, keys::Envelopes* envelopes, std::string region)
      : store_key_(std::move(store_key)), envelopes_(envelopes), region_(std::move(region)) {}

  keys::Secret store_key_;
  keys::Envelopes* envelopes_;
  std::string region_;
};

}  // namespace bedplate::account::objects
