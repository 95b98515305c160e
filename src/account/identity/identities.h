// Who may call: finds the owner of an access key, a session's credentials or a bearer key.
//
// Never blocks: everything is held in memory (identity_store.h) and a change is seen by the next
// call after it was acknowledged. What is found stays valid however long it is held.
//
// Threads: any, at once. Sessions' tokens that were opened last are kept for each thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "account/identity/principal.h"
#include "account/identity/root_credentials.h"

namespace bedplate::account {

class IdentityStore;

enum class KeyFault : uint8_t {
  kUnknown,  // no such key, not active, of another session, or not the right one
  kExpired,
};

class Identities {
 public:
  using Time = std::chrono::sys_seconds;

  // Only the root; keeps nothing. For tests.
  explicit Identities(const RootCredentials& root);
  // `store` outlives this.
  explicit Identities(IdentityStore& store);
  ~Identities();
  Identities(const Identities&) = delete;
  Identities& operator=(const Identities&) = delete;

  // `session_token` is the one that came with it; long-term keys have none, and a key that comes
  // with another token than its own is not found.
  std::expected<std::shared_ptr<const AccessKey>, KeyFault> FindAccessKey(
      std::string_view id, std::string_view session_token, Time now) const;
  // A long-term key of Bedrock. Takes the same time for every wrong key of a length.
  std::expected<PrincipalPtr, KeyFault> FindBearerKey(std::string_view key, Time now) const;

  // That a request with this key was accepted: for GetAccessKeyLastUsed and RoleLastUsed. Kept in
  // memory, written later in one go.
  void NoteUse(const AccessKey& key, std::string_view signing_name, std::string_view region,
               Time now) const;

 private:
  std::unique_ptr<IdentityStore> own_;
  IdentityStore* store_;
};

}  // namespace bedplate::account
