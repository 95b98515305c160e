// KeyTable: the keys that accounts made, and their material, which comes here sealed.
//
// Blocks on the database and may be called from several threads, as Database. Times are in
// milliseconds since the Unix epoch; 0 where there is none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/grant_table.h"
#include "state/tag_table.h"

namespace bedplate::state {

struct KeyPlace {
  std::string account{};
  std::string region{};
  std::string key_id{};
};

struct KeyRow {
  KeyPlace place{};
  std::string spec{};
  std::string usage{};
  std::string manager{};  // "CUSTOMER", "AWS"
  std::string description{};
  std::string state{};
  std::string policy{};
  int64_t version = 1;  // of the material that encrypts
  int64_t rotation_days = 0;
  int64_t next_rotation_at_ms = 0;
  int64_t created_at_ms = 0;
  int64_t deletion_at_ms = 0;
};

struct KeyVersionRow {
  int64_t version = 1;
  std::string material_id{};
  std::string sealed{};
  std::string origin{};  // "CREATED", "AUTOMATIC", "ON_DEMAND"
  int64_t created_at_ms = 0;
};

// A key with all that belongs to it.
struct WholeKey {
  KeyRow row{};
  std::vector<KeyVersionRow> versions{};  // by version
  std::vector<GrantRow> grants{};         // by id
  Tags tags{};
};

class KeyTable {
 public:
  // `database` outlives the table.
  explicit KeyTable(Database& database) : database_(database) {}

  struct NewKey {
    const KeyRow& row;
    const KeyVersionRow& version;
    const std::string& arn;
    const Tags& tags;
    // Points to the new key, unless somebody else's alias is there by then; or empty.
    const std::string& alias;
  };
  // Durable when it returns: the id of the key, or of the one that `alias` names already. kQuota,
  // kTooManyTags.
  Result<std::string> Insert(const NewKey& key);

  // kNotFound when there is no such key.
  Result<WholeKey> Find(const KeyPlace& place, const std::string& arn);

  // Changes what a key is, and adds a version to it where `change` gives one, in one transaction;
  // durable when it returns. What `change` refuses has not happened. kNotFound.
  using Change = std::function<Result<void>(KeyRow& row, std::optional<KeyVersionRow>& version)>;
  Result<void> Update(const KeyPlace& place, const Change& change);
  // How many of a key's versions are of this origin.
  Result<int64_t> CountVersions(const KeyPlace& place, const std::string& origin);

  // Ids of an account's keys behind `after`, in their order; at most `most`.
  Result<std::vector<std::string>> List(const std::string& account, const std::string& region,
                                        const std::string& after, size_t most);

  // Of every account: those whose rotation or deletion has come by `now_ms`.
  Result<std::vector<KeyPlace>> DueRotations(int64_t now_ms);
  Result<std::vector<KeyPlace>> DueDeletions(int64_t now_ms);
  // With all that belongs to it, unless its deletion was cancelled by then.
  Result<void> Delete(const KeyPlace& place, const std::string& arn, int64_t now_ms);

  // The fingerprint of the root key that the material is sealed with; empty when none was kept.
  Result<std::string> RootFingerprint();
  // Keeps it unless there is one by then.
  Result<void> KeepRootFingerprint(const std::string& fingerprint);

 private:
  Database& database_;
};

}  // namespace bedplate::state
