// CreateBucket, DeleteBucket, HeadBucket, ListBuckets, GetBucketLocation and versioning.
#include <fmt/format.h>

#include <algorithm>

#include "account/objects/names.h"
#include "s3/ops/CreateBucket.h"
#include "s3/ops/DeleteBucket.h"
#include "s3/ops/GetBucketLocation.h"
#include "s3/ops/GetBucketVersioning.h"
#include "s3/ops/HeadBucket.h"
#include "s3/ops/ListBuckets.h"
#include "s3/ops/PutBucketVersioning.h"
#include "services/s3/service.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {
namespace {

constexpr std::string_view kFirstRegion = "us-east-1";
constexpr int kBucketsAPageMax = 10'000;

std::string ArnOf(const std::string& bucket) { return "arn:aws:s3:::" + bucket; }

// This server is one region, and says so of every bucket.
Result<void> CheckLocation(std::string_view location, std::string_view region) {
  if (location.empty() || location == region) return {};
  if (region == "eu-west-1" && location == "EU") return {};
  return objects::S3Fail(
      location == kFirstRegion ? "InvalidLocationConstraint" : "IllegalLocationConstraintException",
      400,
      fmt::format("The {} location constraint is incompatible for the region specific endpoint "
                  "this request was sent to, which is {}.",
                  location.substr(0, 64), region));
}

}  // namespace

net::Task<Result<gen::CreateBucketOutput>> S3::CreateBucket(const wire::Call& call,
                                                            gen::CreateBucketRequest input) {
  const std::string& name = *input.Bucket;
  objects::Tags tags;
  if (input.CreateBucketConfiguration) {
    const auto& configuration = *input.CreateBucketConfiguration;
    if (configuration.LocationConstraint) {
      auto ok = CheckLocation(configuration.LocationConstraint->text(), call.region);
      if (!ok) co_return std::unexpected(std::move(ok.error()));
    }
    if (configuration.Location || configuration.Bucket) {
      co_return objects::S3Fail("NotImplemented", 501, "Directory buckets are not implemented.");
    }
    if (configuration.Tags) {
      for (const gen::Tag& tag : *configuration.Tags) {
        tags.emplace_back(tag.Key.value_or(""), tag.Value.value_or(""));
      }
    }
  }
  if (input.ObjectLockEnabledForBucket.value_or(false)) {
    co_return objects::S3Fail("NotImplemented", 501, "Object locks are not implemented.");
  }
  if (input.ObjectOwnership && input.ObjectOwnership->text() != "BucketOwnerEnforced") {
    co_return objects::S3Fail("NotImplemented", 501,
                              "The owner of a bucket owns all objects in it: the object ownership "
                              "is BucketOwnerEnforced.");
  }
  if (input.ACL) {
    auto ok = CheckCannedAcl(input.ACL->text());
    if (!ok) co_return std::unexpected(std::move(ok.error()));
  }
  auto made = co_await pool_.Run(
      [&] { return store_.buckets().Create(call.account, call.region, name, tags); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreateBucketOutput output;
  output.Location = "/" + name;
  output.BucketArn = ArnOf(name);
  co_return output;
}

net::Task<Result<void>> S3::DeleteBucket(const wire::Call&, gen::DeleteBucketRequest input) {
  const auto found = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!found) co_return std::unexpected(found.error());
  co_return co_await pool_.Run([&]() -> Result<void> {
    auto freed = store_.buckets().Delete(*input.Bucket);
    if (!freed) return std::unexpected(std::move(freed.error()));
    store_.folder().Remove(*freed);
    return {};
  });
}

net::Task<Result<gen::HeadBucketOutput>> S3::HeadBucket(const wire::Call&,
                                                        gen::HeadBucketRequest input) {
  const auto found = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!found) co_return std::unexpected(found.error());
  gen::HeadBucketOutput output;
  output.BucketRegion = (*found)->region;
  output.BucketArn = ArnOf((*found)->name);
  output.AccessPointAlias = false;
  co_return output;
}

net::Task<Result<gen::ListBucketsOutput>> S3::ListBuckets(const wire::Call& call,
                                                          gen::ListBucketsRequest input) {
  const int most = input.MaxBuckets.value_or(kBucketsAPageMax);
  if (most < 1 || most > kBucketsAPageMax) {
    co_return objects::InvalidArgument(
        fmt::format("max-buckets must be 1 to {}, not {}", kBucketsAPageMax, most));
  }
  gen::ListBucketsOutput output;
  output.Owner.emplace().ID = objects::CanonicalUserId(call.account);
  auto& listed = output.Buckets.emplace();
  const std::string prefix = input.Prefix.value_or("");
  const std::string after = input.ContinuationToken.value_or("");
  if (input.Prefix) output.Prefix = prefix;
  for (const objects::BucketPtr& bucket : store_.buckets().Of(call.account)) {
    if (!bucket->name.starts_with(prefix) || bucket->name <= after) continue;
    if (input.BucketRegion && *input.BucketRegion != bucket->region) continue;
    if (std::ssize(listed) == most) {
      output.ContinuationToken = *listed.back().Name;
      break;
    }
    gen::Bucket& shown = listed.emplace_back();
    shown.Name = bucket->name;
    shown.CreationDate = TimestampOf(bucket->created_at_ms);
    shown.BucketRegion = bucket->region;
    shown.BucketArn = ArnOf(bucket->name);
  }
  co_return output;
}

net::Task<Result<gen::GetBucketLocationOutput>> S3::GetBucketLocation(
    const wire::Call&, gen::GetBucketLocationRequest input) {
  const auto found = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!found) co_return std::unexpected(found.error());
  gen::GetBucketLocationOutput output;
  const std::string& region = (*found)->region;
  output.LocationConstraint.emplace() =
      wire::OpenEnum<gen::BucketLocationConstraint>::FromText(region == kFirstRegion ? "" : region);
  co_return output;
}

net::Task<Result<gen::GetBucketVersioningOutput>> S3::GetBucketVersioning(
    const wire::Call&, gen::GetBucketVersioningRequest input) {
  const auto found = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!found) co_return std::unexpected(found.error());
  gen::GetBucketVersioningOutput output;
  if (!(*found)->versioning.empty()) {
    output.Status.emplace() =
        wire::OpenEnum<gen::BucketVersioningStatus>::FromText((*found)->versioning);
  }
  co_return output;
}

net::Task<Result<void>> S3::PutBucketVersioning(const wire::Call&,
                                                gen::PutBucketVersioningRequest input) {
  const auto found = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!found) co_return std::unexpected(found.error());
  const auto& configuration = *input.VersioningConfiguration;
  const std::string status(configuration.Status ? configuration.Status->text() : "");
  if (status != "Enabled" && status != "Suspended") {
    co_return objects::S3Fail(
        "IllegalVersioningConfigurationException", 400,
        fmt::format("The Versioning element must be Enabled or Suspended, not '{}'.",
                    status.substr(0, 64)));
  }
  if (configuration.MFADelete && configuration.MFADelete->text() == "Enabled") {
    co_return objects::S3Fail("NotImplemented", 501, "MFA Delete is not implemented.");
  }
  co_return co_await pool_.Run(
      [&] { return store_.buckets().SetVersioning(*input.Bucket, status); });
}

}  // namespace bedplate::services::s3
