#include "state/object_put.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/object_content.h"
#include "state/version_rows.h"

namespace bedplate::state {
namespace {

constexpr const char* kNullVersion = "null";

}  // namespace

std::unexpected<Error> NoSuchBucket(const std::string& bucket) {
  return std::unexpected(
      Error{.fault = Fault::kNotFound,
            .message = fmt::format("The specified bucket does not exist: '{}'", bucket),
            .type = "NoSuchBucket",
            .status = 404});
}

std::unexpected<Error> NoSuchKey() {
  return std::unexpected(Error{.fault = Fault::kNotFound,
                               .message = "The specified key does not exist.",
                               .type = "NoSuchKey",
                               .status = 404});
}

Result<std::string> VersioningOf(soci::session& session, VersionRow& row) {
  std::string versioning;
  session << "SELECT account, region, versioning FROM object_buckets WHERE bucket = :bucket",
      soci::into(row.account), soci::into(row.region), soci::into(versioning),
      soci::use(row.bucket);
  if (!session.got_data()) return NoSuchBucket(row.bucket);
  return versioning;
}

Result<void> CheckCondition(const WriteCondition& condition,
                            const std::optional<VersionRow>& latest) {
  const bool there = latest && !latest->delete_marker;
  if (!condition.if_match.empty() && !there) return NoSuchKey();
  const bool matches = condition.if_match.empty() || condition.if_match == "*" ||
                       (there && condition.if_match == latest->etag);
  if (matches && !(condition.if_none_match && there)) return {};
  return std::unexpected(
      Error{.fault = Fault::kConflict,
            .message = "At least one of the pre-conditions you specified did not hold",
            .type = "PreconditionFailed",
            .status = 412});
}

void TakeAway(soci::session& session, const VersionRow& row, FreedBlobs& freed) {
  DeleteVersionRow(session, row);
  DeleteContent(session, row.content_id, freed);
  if (!row.latest) return;
  SelectVersions(session, "bucket = :bucket AND object_key = :key ORDER BY version_order DESC",
                 {row.bucket, row.key}, [&](VersionRow& below) {
                   SetLatest(session, VersionRow(below), true);
                   return false;
                 });
}

Result<ObjectWritten> PutOnTop(soci::session& session, VersionRow& row,
                               const WriteCondition& condition) {
  const auto versioning = VersioningOf(session, row);
  if (!versioning) return std::unexpected(versioning.error());
  const auto latest = SelectLatest(session, row.bucket, row.key);
  if (auto ok = CheckCondition(condition, latest); !ok) return std::unexpected(ok.error());
  ObjectWritten written;
  row.latest = true;
  row.version_order = latest ? latest->version_order + 1 : 1;
  if (latest) SetLatest(session, *latest, false);
  if (*versioning != "Enabled") {
    row.version_id = kNullVersion;
    auto before = latest && latest->version_id == kNullVersion
                      ? latest
                      : SelectVersion(session, row.bucket, row.key, kNullVersion);
    if (before) {
      before->latest = false;
      TakeAway(session, *before, written.freed);
    }
  }
  if (!versioning->empty()) written.version_id = row.version_id;
  InsertVersion(session, row);
  return written;
}

}  // namespace bedplate::state
