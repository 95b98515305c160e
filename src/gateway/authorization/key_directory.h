// Keys of KMS as resources: by what callers name them with (kms-key), or by what was encrypted with
// them (kms-ciphertext, in base64). The key's policy must allow; its grants allow beside it.
// kms-grant is the key of a grant that is to be retired ("<ARN of the key>/<id of the grant>"): the
// grant itself says who may, and so may identities that the key's account, or another account that
// the grant names for it, lets do so by their own policies. The key's policy has no say in that.
//
// Threads: any. TryFind never blocks.
// spec: KMS developer guide, "Key access and permissions", "AWS KMS condition keys", "Retiring
// and revoking grants"
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
