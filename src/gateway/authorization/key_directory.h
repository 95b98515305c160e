// Keys of KMS as resources: by what callers name them with (kms-key), or by what was encrypted with
// them (kms-ciphertext, in base64). The key's policy must allow; its grants allow beside it.
//
// Threads: any. TryFind never blocks.
// spec: KMS developer guide, "Key access and permissions", "AWS KMS condition keys"
#pragma once

#include <optional>

#include "account/authorization/resource_directory.h"
#include "account/keys/key_store.h"

namespace bedplate::gateway {

class ResourceDirectories;

class KeyDirectory final : public account::ResourceDirectory {
 public:
  // `store` outlives this.
  explicit KeyDirectory(account::keys::KeyStore& store) : store_(store) {}

  Result<Resources> Find(const account::ResourceName& name) const override;
  std::optional<Result<Resources>> TryFind(const account::ResourceName& name) const override;

  void AddTo(ResourceDirectories& directories) const;

 private:
  account::keys::KeyStore& store_;
};

}  // namespace bedplate::gateway
