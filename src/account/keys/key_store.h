// KeyStore: finds keys by what callers name them with, and holds those in use in memory.
//
// Errors are KMS's (key_error.h). Threads: all members from any thread. Cached never blocks; the
// rest blocks on the database. What a write of this process changed is seen by everybody who asks
// after the write returned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/keys/key.h"
#include "account/keys/key_cache.h"
#include "account/keys/key_name.h"
#include "account/keys/root_key.h"
#include "base/clock.h"
#include "base/result.h"
#include "state/alias_table.h"
#include "state/database.h"
#include "state/key_table.h"

namespace bedplate::account::keys {

class KeyStore {
 public:
  // `database` and `clock` outlive this.
  KeyStore(state::Database& database, RootKey root, const Clock& clock);

  // Nothing when the database must be asked, or the name is none: Find tells.
  std::optional<KeyPtr> Cached(const Scope& scope, std::string_view identifier,
                               Names names = Names::kKeysAndAliases) const;
  // NotFoundException, InvalidArnException. The aliases that AWS has for its own keys
  // (alias/aws/s3, alias/aws/bedrock) get their key when they are first asked for.
  Result<KeyPtr> Find(const Scope& scope, std::string_view identifier,
                      Names names = Names::kKeysAndAliases);

  // By a key's own id, in any account.
  std::optional<KeyPtr> Cached(const state::KeyPlace& place) const;
  Result<KeyPtr> Find(const state::KeyPlace& place);

  // For what changes keys and aliases, between the change and telling of it. A key knows its
  // aliases: who changes one forgets the keys that it named and names, too.
  void Forget(const state::KeyPlace& place);
  void ForgetAlias(const std::string& account, const std::string& region, const std::string& name);

  // The material of a new version, sealed for its place alone.
  state::KeyVersionRow NewVersion(const state::KeyPlace& place, const KeySpec& spec,
                                  int64_t version, std::string origin) const;

  int64_t NowMs() const;
  const RootKey& root() const { return root_; }
  state::KeyTable& table() { return table_; }
  state::AliasTable& aliases() { return aliases_; }

 private:
  Result<state::KeyPlace> Resolve(const Scope& scope, const KeyName& name);
  Result<std::string> MakeManaged(const KeyName& name);
  Result<KeyPtr> Open(state::WholeKey whole, std::vector<state::AliasRow> aliases) const;
  bool IsGone(const Key& key) const;

  RootKey root_;
  const Clock& clock_;
  state::KeyTable table_;
  state::AliasTable aliases_;
  KeyCache<KeyPtr> keys_;
  KeyCache<std::string> names_;  // an alias to the id of its key
};

}  // namespace bedplate::account::keys
