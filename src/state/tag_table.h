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

  // Adds tags, in place of those of the same keys. kNotFound when the resource is gone, as another
  // request may have deleted it since it was looked up: its tags would wait for the next resource
  // of its name. kTooManyTags when it would have more than there can be; then it keeps those it
  // had.
  Result<void> Put(const TaggedResource& resource, const Tags& tags);
  // Keys that are not there are no error.
  Result<void> Delete(const TaggedResource& resource, const std::vector<std::string>& keys);
  Result<Tags> All(const TaggedResource& resource);

 private:
  Database& database_;
};

// Parts of the transactions that make and delete the resource itself. One that is made has the tags
// given here and no others, whatever was kept under its ARN. kTooManyTags as above.
Result<void> PutTags(soci::session& session, const TaggedResource& resource, const Tags& tags);
void DeleteTags(soci::session& session, const TaggedResource& resource);
Tags ReadTags(soci::session& session, const TaggedResource& resource);

}  // namespace bedplate::state
