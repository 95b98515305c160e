// Who knows the resources that callers may or may not use: a directory of each service.
//
// Threads: made and destroyed by main; the directories are asked on all reactors.
#pragma once

#include <optional>

#include "account/identity/identity_store.h"
#include "account/keys/key_store.h"
#include "account/objects/buckets.h"
#include "app/wire_models.h"
#include "gateway/authorization/bucket_directory.h"
#include "gateway/authorization/directories.h"
#include "gateway/authorization/identity_directory.h"
#include "gateway/authorization/key_directory.h"
#include "services/bedrock_resources.h"

namespace bedplate::app {

// All outlive the AuthorizationParts.
struct AuthorizationInputs {
  ModelParts& models;
  account::keys::KeyStore& keys;
  const account::IdentityStore* identities = nullptr;
  const account::objects::Buckets* buckets = nullptr;  // null where another server has them
  account::objects::LocalStore* objects = nullptr;
};

class AuthorizationParts {
 public:
  explicit AuthorizationParts(const AuthorizationInputs& inputs);

  const gateway::ResourceDirectories& directories() const { return directories_; }

 private:
  services::BedrockResources bedrock_;
  std::optional<gateway::IdentityDirectory> identities_;
  gateway::KeyDirectory keys_;
  std::optional<gateway::BucketDirectory> buckets_;
  gateway::ResourceDirectories directories_;
};

}  // namespace bedplate::app
