// TagTable: the tags of resources, whatever their kind.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

class Database;

using Tags = std::map<std::string, std::string>;

struct TaggedResource {
  std::string account;
  std::string region;
  std::string arn;
};

class TagTable {
 public:
  // `database` outlives the table.
  explicit TagTable(Database& database) : database_(database) {}

  // Adds tags, in place of those of the same keys. kTooManyTags when the resource would have more
  // than there can be; then it keeps those it had.
  Result<void> Put(const TaggedResource& resource, const Tags& tags);
  // Keys that are not there are no error.
  Result<void> Delete(const TaggedResource& resource, const std::vector<std::string>& keys);
  Result<Tags> All(const TaggedResource& resource);

 private:
  Database& database_;
};

// The same inside the transaction that makes or deletes the resource itself.
Result<void> PutTags(soci::session& session, const TaggedResource& resource, const Tags& tags);
void DeleteTags(soci::session& session, const TaggedResource& resource);

}  // namespace bedplate::state
