#include "state/tag_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <array>
#include <string_view>

#include "base/limits.h"
#include "state/database.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

// Where the resources of a kind are kept, by how their ARNs go on behind the account.
struct Kind {
  std::string_view head;
  std::string_view table;
  std::string_view column;
};
constexpr std::array<Kind, 4> kKinds = {
    {{":application-inference-profile/", "inference_profiles", "profile_id"},
     {":prompt-router/", "prompt_routers", "router_id"},
     {":endpoint/", "model_endpoints", "name"},
     {":key/", "kms_keys", "key_id"}}};

bool IsThere(soci::session& session, const TaggedResource& resource) {
  for (const Kind& kind : kKinds) {
    const size_t at = resource.arn.find(kind.head);
    if (at == std::string::npos) continue;
    const std::string name = resource.arn.substr(at + kind.head.size());
    return HasRow(session, {.table = kind.table,
                            .column = kind.column,
                            .account = resource.account,
                            .region = resource.region,
                            .value = name});
  }
  return false;
}

void DeleteTag(soci::session& session, const TaggedResource& resource, const std::string& key) {
  session << "DELETE FROM resource_tags WHERE account = :account AND region = :region AND "
             "resource_arn = :arn AND tag_key = :key",
      soci::use(resource.account), soci::use(resource.region), soci::use(resource.arn),
      soci::use(key);
}

Result<void> AddTags(soci::session& session, const TaggedResource& resource, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    DeleteTag(session, resource, key);
    session << "INSERT INTO resource_tags (account, region, resource_arn, tag_key, tag_value) "
               "VALUES (:account, :region, :arn, :key, :value)",
        soci::use(resource.account), soci::use(resource.region), soci::use(resource.arn),
        soci::use(key), soci::use(value);
  }
  long long count = 0;
  session << "SELECT COUNT(*) FROM resource_tags WHERE account = :account AND region = :region "
             "AND resource_arn = :arn",
      soci::into(count), soci::use(resource.account), soci::use(resource.region),
      soci::use(resource.arn);
  if (static_cast<size_t>(count) > limits::kTagsMax) {
    return Fail(Fault::kTooManyTags,
                fmt::format("The resource {} would have {} tags; it can have {}.", resource.arn,
                            count, limits::kTagsMax));
  }
  return {};
}

}  // namespace

Result<void> PutTags(soci::session& session, const TaggedResource& resource, const Tags& tags) {
  DeleteTags(session, resource);
  return AddTags(session, resource, tags);
}

void DeleteTags(soci::session& session, const TaggedResource& resource) {
  session << "DELETE FROM resource_tags WHERE account = :account AND region = :region AND "
             "resource_arn = :arn",
      soci::use(resource.account), soci::use(resource.region), soci::use(resource.arn);
}

Result<void> TagTable::Put(const TaggedResource& resource, const Tags& tags) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (!IsThere(session, resource)) {
      return Fail(Fault::kNotFound, fmt::format("There is no resource {}.", resource.arn));
    }
    return AddTags(session, resource, tags);
  });
}

Result<void> TagTable::Delete(const TaggedResource& resource,
                              const std::vector<std::string>& keys) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    for (const std::string& key : keys) DeleteTag(session, resource, key);
    return {};
  });
}

Tags ReadTags(soci::session& session, const TaggedResource& resource) {
  Tags tags;
  std::string key;
  std::string value;
  soci::statement statement =
      (session.prepare << "SELECT tag_key, tag_value FROM resource_tags WHERE "
                          "account = :account AND region = :region AND resource_arn = :arn",
       soci::into(key), soci::into(value), soci::use(resource.account), soci::use(resource.region),
       soci::use(resource.arn));
  statement.execute();
  while (statement.fetch()) tags.emplace(key, value);
  return tags;
}

Result<Tags> TagTable::All(const TaggedResource& resource) {
  Tags tags;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    tags = ReadTags(session, resource);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return tags;
}

}  // namespace bedplate::state
