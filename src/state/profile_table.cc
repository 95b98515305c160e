#include "state/profile_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/limits.h"
#include "state/database.h"
#include "state/policy_table.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "inference_profiles";

// The row of an earlier request with the same token; whether there is one.
bool FindByToken(soci::session& session, ProfileRow& row) {
  if (row.client_token.empty()) return false;
  ProfileRow found = row;
  long long created_at_ms = 0;
  session << "SELECT profile_id, name, description, source, model_id, created_at_ms FROM "
             "inference_profiles WHERE account = :account AND region = :region AND "
             "client_token = :token",
      soci::into(found.profile_id), soci::into(found.name), soci::into(found.description),
      soci::into(found.source), soci::into(found.model_id), soci::into(created_at_ms),
      soci::use(row.account), soci::use(row.region), soci::use(row.client_token);
  if (!session.got_data()) return false;
  found.created_at_ms = created_at_ms;
  row = found;
  return true;
}

}  // namespace

Result<ProfileRow> ProfileTable::Insert(const ProfileRow& row, const std::string& arn,
                                        const Tags& tags) {
  ProfileRow kept = row;
  auto written = database_.Write([&](soci::session& session) -> Result<void> {
    kept = row;
    if (FindByToken(session, kept)) return {};
    const RowKey key{.table = "inference_profiles",
                     .column = "profile_id",
                     .account = row.account,
                     .region = row.region,
                     .value = row.profile_id};
    auto room =
        CheckRoom(session, key, limits::kInferenceProfilesMax, "application inference profiles");
    if (!room) return room;
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO inference_profiles (account, region, profile_id, name, description, "
               "source, model_id, client_token, created_at_ms) VALUES (:account, :region, :id, "
               ":name, :description, :source, :model_id, :token, :created_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.profile_id),
        soci::use(row.name), soci::use(row.description), soci::use(row.source),
        soci::use(row.model_id), soci::use(row.client_token), soci::use(created_at_ms);
    CountChange(session, kTopic);
    return PutTags(session, {.account = row.account, .region = row.region, .arn = arn}, tags);
  });
  if (!written) return std::unexpected(std::move(written.error()));
  return kept;
}

Result<void> ProfileTable::Delete(const TaggedResource& resource, const std::string& profile_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "inference_profiles",
                     .column = "profile_id",
                     .account = resource.account,
                     .region = resource.region,
                     .value = profile_id};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("There is no profile {}.", profile_id));
    }
    DeleteTags(session, resource);
    DeletePolicy(session, resource);
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<ProfileRow>> ProfileTable::All() {
  std::vector<ProfileRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    ProfileRow row;
    long long created_at_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT account, region, profile_id, name, description, source, "
                            "model_id, client_token, created_at_ms FROM inference_profiles "
                            "ORDER BY created_at_ms, profile_id",
         soci::into(row.account), soci::into(row.region), soci::into(row.profile_id),
         soci::into(row.name), soci::into(row.description), soci::into(row.source),
         soci::into(row.model_id), soci::into(row.client_token), soci::into(created_at_ms));
    statement.execute();
    while (statement.fetch()) {
      row.created_at_ms = created_at_ms;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
