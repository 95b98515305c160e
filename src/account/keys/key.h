// A key as it is held in memory: what it is, who may use it, and its material, opened.
//
// Threads: immutable once made; shared by all reactors. A key that somebody holds stays as it was;
// KeyStore gives the one of now.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account/keys/grant.h"
#include "account/keys/key_spec.h"
#include "account/keys/material.h"
#include "account/policy/document.h"
#include "base/result.h"
#include "state/key_table.h"

namespace bedplate::account::keys {

enum class KeyState : uint8_t { kEnabled, kDisabled, kPendingDeletion };

std::string_view StateName(KeyState state);  // "Enabled"
KeyState FindState(std::string_view name);   // kDisabled for none of them

struct Key {
  std::string account{};
  std::string region{};
  std::string id{};
  std::string arn{};
  const KeySpec* spec = nullptr;
  Usage usage = Usage::kEncryptDecrypt;
  KeyState state = KeyState::kEnabled;
  bool aws_managed = false;
  std::string description{};
  std::string policy{};
  // Null where the policy, kept by an earlier Bedplate, cannot be read: nobody is allowed then.
  std::shared_ptr<const policy::Document> document{};
  std::vector<Grant> grants{};
  state::Tags tags{};
  std::vector<std::string> aliases{};  // "alias/...", in their order
  int64_t created_at_ms = 0;           // since the Unix epoch, as the times below
  int64_t deletion_at_ms = 0;          // of kPendingDeletion
  int64_t rotation_days = 0;           // 0: not rotated by itself
  int64_t next_rotation_at_ms = 0;     // where it is
  std::vector<Material> materials{};   // by version; the last is the one that encrypts

  const Material& current() const { return materials.back(); }
  const Material* Find(int64_t version) const;
  state::KeyPlace place() const { return {.account = account, .region = region, .key_id = id}; }
};
using KeyPtr = std::shared_ptr<const Key>;

std::string KeyArn(std::string_view account, std::string_view region, std::string_view id);
std::string AliasArn(std::string_view account, std::string_view region, std::string_view name);

// That it can be used now: DisabledException, KMSInvalidStateException.
Result<void> CheckEnabled(KeyState state, std::string_view arn);
// That it is not about to be deleted: KMSInvalidStateException.
Result<void> CheckNotPendingDeletion(KeyState state, std::string_view arn);
// That it can be used now, for `usage` and with `algorithm` (or any, where that is empty), in the
// operation of this name: InvalidKeyUsageException too.
Result<void> CheckUsable(const Key& key, Usage usage, std::string_view algorithm,
                         std::string_view operation);

}  // namespace bedplate::account::keys
