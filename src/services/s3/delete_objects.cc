// DeleteObject and DeleteObjects.
#include <fmt/format.h>

#include "account/objects/names.h"
#include "s3/ops/DeleteObject.h"
#include "s3/ops/DeleteObjects.h"
#include "services/s3/service.h"
#include "services/s3/support.h"
#include "wire/permits.h"

namespace bedplate::services::s3 {
namespace {

constexpr size_t kDeletedAtOnceMax = 1000;

gen::Error ErrorOf(const gen::ObjectIdentifier& named, const Error& error) {
  gen::Error shown;
  shown.Key = named.Key.value_or("");
  if (named.VersionId) shown.VersionId = *named.VersionId;
  const bool denied = error.fault == Fault::kAccessDenied;
  shown.Code = denied               ? std::string("AccessDenied")
               : error.type.empty() ? std::string("InternalError")
                                    : error.type;
  shown.Message = error.message;
  return shown;
}

}  // namespace

net::Task<Result<gen::DeleteObjectOutput>> S3::DeleteObject(const wire::Call&,
                                                            gen::DeleteObjectRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (input.IfMatchLastModifiedTime || input.IfMatchSize) {
    co_return objects::S3Fail("NotImplemented", 501,
                              "Conditions on the time and size of an object that is deleted are "
                              "not implemented.");
  }
  state::WriteCondition condition;
  if (input.IfMatch) condition.if_match = Unquoted(*input.IfMatch);
  const std::string version_id = input.VersionId.value_or("");
  if (!version_id.empty() && !condition.empty()) {
    co_return objects::InvalidRequest("If-Match and versionId exclude one another.");
  }
  const auto deleted = co_await pool_.Run(
      [&] { return store_.Delete(*input.Bucket, *input.Key, version_id, condition); });
  if (!deleted) co_return std::unexpected(deleted.error());
  gen::DeleteObjectOutput output;
  if (deleted->delete_marker) output.DeleteMarker = true;
  if (!deleted->version_id.empty()) output.VersionId = deleted->version_id;
  co_return output;
}

net::Task<Result<gen::DeleteObjectsOutput>> S3::DeleteObjects(const wire::Call& call,
                                                              gen::DeleteObjectsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto& named = *input.Delete->Objects;
  if (named.empty() || named.size() > kDeletedAtOnceMax) {
    co_return objects::S3Fail("MalformedXML", 400,
                              fmt::format("1 to {} objects are deleted at once, not {}.",
                                          kDeletedAtOnceMax, named.size()));
  }
  const bool quiet = input.Delete->Quiet.value_or(false);
  gen::DeleteObjectsOutput output;
  std::vector<const gen::ObjectIdentifier*> allowed;
  for (const gen::ObjectIdentifier& each : named) {
    const std::string version_id = each.VersionId.value_or("");
    const auto may =
        co_await AskFor(call, version_id.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion",
                        *input.Bucket, each.Key.value_or(""), version_id);
    if (may) {
      allowed.push_back(&each);
    } else {
      output.Errors.emplace().push_back(ErrorOf(each, may.error()));
    }
  }
  if (call.permission != nullptr) call.permission->NoteAsked();
  auto done = co_await pool_.Run([&]() -> Result<void> {
    for (const gen::ObjectIdentifier* const each : allowed) {
      state::WriteCondition condition;
      if (each->ETag) condition.if_match = Unquoted(*each->ETag);
      const std::string version_id = each->VersionId.value_or("");
      const auto deleted =
          store_.Delete(*input.Bucket, each->Key.value_or(""), version_id, condition);
      if (!deleted) {
        output.Errors.emplace().push_back(ErrorOf(*each, deleted.error()));
        continue;
      }
      if (quiet) continue;
      gen::DeletedObject& shown = output.Deleted.emplace().emplace_back();
      shown.Key = each->Key.value_or("");
      if (!version_id.empty()) shown.VersionId = version_id;
      if (deleted->delete_marker) {
        shown.DeleteMarker = true;
        shown.DeleteMarkerVersionId = deleted->version_id;
      }
    }
    return {};
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return output;
}

}  // namespace bedplate::services::s3
