// Tags, encryption, CORS, public access block, ownership of buckets.
#include <fmt/format.h>

#include <algorithm>

#include "account/objects/names.h"
#include "s3/ops/DeleteBucketCors.h"
#include "s3/ops/DeleteBucketEncryption.h"
#include "s3/ops/DeleteBucketTagging.h"
#include "s3/ops/DeletePublicAccessBlock.h"
#include "s3/ops/GetBucketCors.h"
#include "s3/ops/GetBucketEncryption.h"
#include "s3/ops/GetBucketOwnershipControls.h"
#include "s3/ops/GetBucketTagging.h"
#include "s3/ops/GetPublicAccessBlock.h"
#include "s3/ops/PutBucketCors.h"
#include "s3/ops/PutBucketEncryption.h"
#include "s3/ops/PutBucketOwnershipControls.h"
#include "s3/ops/PutBucketTagging.h"
#include "s3/ops/PutPublicAccessBlock.h"
#include "services/s3/say.h"
#include "services/s3/service.h"
#include "services/s3/tag_set.h"

namespace bedplate::services::s3 {
namespace {

namespace setting = objects::setting;
using objects::InvalidRequest;
using objects::S3Fail;

constexpr size_t kCorsRulesMax = 100;
constexpr std::string_view kMethods[] = {"GET", "PUT", "HEAD", "POST", "DELETE"};

Result<objects::CorsRule> CorsRuleOf(const gen::CORSRule& rule) {
  objects::CorsRule read{.id = rule.ID.value_or(""),
                         .origins = rule.AllowedOrigins.value_or({}),
                         .methods = rule.AllowedMethods.value_or({}),
                         .headers = rule.AllowedHeaders.value_or({}),
                         .expose = rule.ExposeHeaders.value_or({}),
                         .max_age_s = rule.MaxAgeSeconds.value_or(-1)};
  for (const std::string& method : read.methods) {
    if (std::ranges::find(kMethods, method) == std::end(kMethods)) {
      return InvalidRequest(fmt::format(
          "Found unsupported HTTP method in CORS config. Unsupported method is {}", method));
    }
  }
  for (const auto* const texts : {&read.origins, &read.headers}) {
    for (const std::string& text : *texts) {
      if (std::ranges::count(text, '*') > 1) {
        return InvalidRequest(fmt::format(
            "AllowedOrigin and AllowedHeader \"{}\" can not have more than one wildcard.", text));
      }
    }
  }
  if (read.methods.empty() || read.origins.empty()) {
    return S3Fail("MalformedXML", 400, "A CORS rule needs an origin and a method.");
  }
  return read;
}

gen::CORSRule ShownOf(const objects::CorsRule& rule) {
  gen::CORSRule shown;
  if (!rule.id.empty()) shown.ID = rule.id;
  shown.AllowedOrigins = rule.origins;
  shown.AllowedMethods = rule.methods;
  if (!rule.headers.empty()) shown.AllowedHeaders = rule.headers;
  if (!rule.expose.empty()) shown.ExposeHeaders = rule.expose;
  if (rule.max_age_s >= 0) shown.MaxAgeSeconds = rule.max_age_s;
  return shown;
}

}  // namespace

net::Task<Result<gen::GetBucketTaggingOutput>> S3::GetBucketTagging(
    const wire::Call&, gen::GetBucketTaggingRequest input) {
  const auto bucket = Said(store_, *input.Bucket, input.ExpectedBucketOwner, setting::kTags,
                           "NoSuchTagSet", "The TagSet does not exist");
  if (!bucket) co_return std::unexpected(bucket.error());
  gen::GetBucketTaggingOutput output;
  output.TagSet = TagSetOf((*bucket)->tags);
  co_return output;
}

net::Task<Result<void>> S3::PutBucketTagging(const wire::Call&,
                                             gen::PutBucketTaggingRequest input) {
  const objects::Tags tags = TagsOf(*input.Tagging);
  if (auto ok = objects::CheckTags(tags, objects::kBucketTagsMax); !ok) return Refused(ok);
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kTags,
             objects::ToJson(tags));
}

net::Task<Result<void>> S3::DeleteBucketTagging(const wire::Call&,
                                                gen::DeleteBucketTaggingRequest input) {
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kTags, {});
}

net::Task<Result<gen::GetBucketCorsOutput>> S3::GetBucketCors(const wire::Call&,
                                                              gen::GetBucketCorsRequest input) {
  const auto bucket = Said(store_, *input.Bucket, input.ExpectedBucketOwner, setting::kCors,
                           "NoSuchCORSConfiguration", "The CORS configuration does not exist");
  if (!bucket) co_return std::unexpected(bucket.error());
  gen::GetBucketCorsOutput output;
  auto& rules = output.CORSRules.emplace();
  for (const objects::CorsRule& rule : (*bucket)->cors) rules.push_back(ShownOf(rule));
  co_return output;
}

net::Task<Result<void>> S3::PutBucketCors(const wire::Call&, gen::PutBucketCorsRequest input) {
  std::vector<objects::CorsRule> rules;
  for (const gen::CORSRule& rule : *input.CORSConfiguration->CORSRules) {
    auto read = CorsRuleOf(rule);
    if (!read) return Refused(std::unexpected(std::move(read.error())));
    rules.push_back(std::move(*read));
  }
  if (rules.empty() || rules.size() > kCorsRulesMax) {
    return Refused(S3Fail("MalformedXML", 400,
                          fmt::format("A CORS configuration has 1 to {} rules, not {}.",
                                      kCorsRulesMax, rules.size())));
  }
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kCors,
             objects::ToJson(rules));
}

net::Task<Result<void>> S3::DeleteBucketCors(const wire::Call&,
                                             gen::DeleteBucketCorsRequest input) {
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kCors, {});
}

net::Task<Result<gen::GetBucketEncryptionOutput>> S3::GetBucketEncryption(
    const wire::Call&, gen::GetBucketEncryptionRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const objects::BucketEncryption& encryption = (*bucket)->encryption;
  gen::GetBucketEncryptionOutput output;
  gen::ServerSideEncryptionRule rule;
  auto& by_default = rule.ApplyServerSideEncryptionByDefault.emplace();
  by_default.SSEAlgorithm.emplace() =
      wire::OpenEnum<gen::ServerSideEncryption>::FromText(encryption.kms ? "aws:kms" : "AES256");
  if (!encryption.kms_key.empty()) by_default.KMSMasterKeyID = encryption.kms_key;
  rule.BucketKeyEnabled = encryption.bucket_key;
  output.ServerSideEncryptionConfiguration.emplace().Rules.emplace().push_back(std::move(rule));
  co_return output;
}

net::Task<Result<void>> S3::PutBucketEncryption(const wire::Call&,
                                                gen::PutBucketEncryptionRequest input) {
  const auto& rules = *input.ServerSideEncryptionConfiguration->Rules;
  if (rules.size() != 1 || !rules.front().ApplyServerSideEncryptionByDefault) {
    return Refused(S3Fail("MalformedXML", 400, "An encryption configuration has one rule."));
  }
  const auto& by_default = *rules.front().ApplyServerSideEncryptionByDefault;
  const std::string algorithm(by_default.SSEAlgorithm ? by_default.SSEAlgorithm->text() : "");
  objects::BucketEncryption encryption{
      .kms = algorithm == "aws:kms",
      .kms_key = by_default.KMSMasterKeyID.value_or(""),
      .bucket_key = rules.front().BucketKeyEnabled.value_or(false)};
  if (algorithm != "AES256" && !encryption.kms) {
    return Refused(S3Fail(algorithm == "aws:kms:dsse" ? "NotImplemented" : "MalformedXML",
                          algorithm == "aws:kms:dsse" ? 501 : 400,
                          fmt::format("Objects are encrypted with AES256 or aws:kms, not '{}'.",
                                      algorithm.substr(0, 64))));
  }
  if (!encryption.kms && !encryption.kms_key.empty()) {
    return Refused(objects::InvalidArgument("A KMSMasterKeyID needs the SSEAlgorithm aws:kms"));
  }
  if (encryption.kms && !store_.has_kms()) {
    return Refused(
        S3Fail("NotImplemented", 501, "Server-side encryption with KMS is not implemented."));
  }
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kEncryption,
             objects::ToJson(encryption));
}

net::Task<Result<void>> S3::DeleteBucketEncryption(const wire::Call&,
                                                   gen::DeleteBucketEncryptionRequest input) {
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kEncryption, {});
}

net::Task<Result<gen::GetPublicAccessBlockOutput>> S3::GetPublicAccessBlock(
    const wire::Call&, gen::GetPublicAccessBlockRequest input) {
  const auto bucket = Said(store_, *input.Bucket, input.ExpectedBucketOwner,
                           setting::kPublicAccessBlock, "NoSuchPublicAccessBlockConfiguration",
                           "The public access block configuration was not found");
  if (!bucket) co_return std::unexpected(bucket.error());
  const objects::PublicAccessBlock& block = (*bucket)->public_access_block;
  gen::GetPublicAccessBlockOutput output;
  auto& shown = output.PublicAccessBlockConfiguration.emplace();
  shown.BlockPublicAcls = block.block_public_acls;
  shown.IgnorePublicAcls = block.ignore_public_acls;
  shown.BlockPublicPolicy = block.block_public_policy;
  shown.RestrictPublicBuckets = block.restrict_public_buckets;
  co_return output;
}

net::Task<Result<void>> S3::PutPublicAccessBlock(const wire::Call&,
                                                 gen::PutPublicAccessBlockRequest input) {
  const auto& asked = *input.PublicAccessBlockConfiguration;
  const objects::PublicAccessBlock block{
      .block_public_acls = asked.BlockPublicAcls.value_or(false),
      .ignore_public_acls = asked.IgnorePublicAcls.value_or(false),
      .block_public_policy = asked.BlockPublicPolicy.value_or(false),
      .restrict_public_buckets = asked.RestrictPublicBuckets.value_or(false)};
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPublicAccessBlock,
             objects::ToJson(block));
}

net::Task<Result<void>> S3::DeletePublicAccessBlock(const wire::Call&,
                                                    gen::DeletePublicAccessBlockRequest input) {
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPublicAccessBlock,
             {});
}

net::Task<Result<gen::GetBucketOwnershipControlsOutput>> S3::GetBucketOwnershipControls(
    const wire::Call&, gen::GetBucketOwnershipControlsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  gen::GetBucketOwnershipControlsOutput output;
  output.OwnershipControls.emplace().Rules.emplace().emplace_back().ObjectOwnership.emplace() =
      wire::OpenEnum<gen::ObjectOwnership>::FromText("BucketOwnerEnforced");
  co_return output;
}

net::Task<Result<void>> S3::PutBucketOwnershipControls(
    const wire::Call&, gen::PutBucketOwnershipControlsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto& rules = *input.OwnershipControls->Rules;
  if (rules.size() != 1 || !rules.front().ObjectOwnership) {
    co_return S3Fail("MalformedXML", 400, "Ownership controls have one rule.");
  }
  if (rules.front().ObjectOwnership->text() != "BucketOwnerEnforced") {
    co_return S3Fail("NotImplemented", 501,
                     "The owner of a bucket owns all objects in it: the object ownership is "
                     "BucketOwnerEnforced.");
  }
  co_return Result<void>();
}

}  // namespace bedplate::services::s3
