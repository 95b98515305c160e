// Who may call: finds the owner of an access key or bearer key. Root is the only one there is.
//
// Threads: const after construction; shared by all reactors. What Find returns lives as long as
// the Identities.
#pragma once

#include <string>
#include <string_view>

#include "account/identity/root_credentials.h"

namespace bedplate::account {

struct Principal {
  std::string account;
  std::string arn;  // "arn:aws:iam::123456789012:root"
};

struct AccessKey {
  std::string id;
  std::string secret;
  Principal owner;
};

class Identities {
 public:
  explicit Identities(const RootCredentials& root);

  // nullptr when there is no such key. `session_token` is the one that came with it; long-term
  // keys have none, and a key that comes with another token than its own is not found.
  const AccessKey* FindAccessKey(std::string_view id, std::string_view session_token) const;
  // Takes the same time for every wrong key of a length.
  const Principal* FindBearerKey(std::string_view key) const;

 private:
  AccessKey root_key_;
  std::string bearer_key_;
};

// Whether the principal may call an operation of the account. Root may do everything in its own.
bool IsAllowed(const Principal& principal, std::string_view account);

}  // namespace bedplate::account
