#include "services/s3/support.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/objects/names.h"
#include "base/base64.h"
#include "base/json/value.h"
#include "net/http_date.h"
#include "net/text.h"
#include "wire/permits.h"
#include "wire/rule_asks.h"
#include "wire/uri.h"

namespace bedplate::services::s3 {
namespace {

using objects::InvalidArgument;
using objects::InvalidRequest;
using objects::S3Fail;

constexpr std::string_view kStorageClasses[] = {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA",
                                                "ONEZONE_IA", "INTELLIGENT_TIERING"};

// What an id or an alias means is said once, so that the key whose permission is asked is the one
// that encrypts: here, and in whose account.
std::string KmsKeyArn(std::string_view name, std::string_view account, std::string_view region) {
  if (name.starts_with("arn:")) return std::string(name);
  return fmt::format("arn:aws:kms:{}:{}:{}{}", region, account,
                     name.starts_with("alias/") ? "" : "key/", name);
}

// The bucket's own key: its owner's.
std::string KeyOfBucket(const objects::Bucket& bucket) {
  const std::string& name = bucket.encryption.kms_key;
  return KmsKeyArn(bucket.encryption.kms && !name.empty() ? name : "alias/aws/s3", bucket.account,
                   bucket.region);
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.~/").contains(c);
}

}  // namespace

wire::Timestamp TimestampOf(int64_t ms) {
  return {.seconds = ms / 1000, .nanoseconds = static_cast<int32_t>(ms % 1000) * 1'000'000};
}

std::string Quoted(std::string_view etag) { return fmt::format("\"{}\"", etag); }

std::string Unquoted(std::string_view etag) {
  etag = net::TrimBlanks(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::string HttpDateOf(int64_t ms) {
  std::string text(net::kHttpDateSize, '\0');
  net::FormatHttpDate(WallTime(std::chrono::milliseconds(ms)), text.data());
  return text;
}

std::string UrlEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return encoded;
}

Result<void> CheckOwner(const objects::Bucket& bucket,
                        const wire::Opt<std::string>& expected_account) {
  if (!expected_account || *expected_account == bucket.account) return {};
  return S3Fail("AccessDenied", 403,
                fmt::format("The bucket is not of the account {} that was expected.",
                            expected_account->substr(0, 32)));
}

Result<objects::BucketPtr> FindBucket(objects::LocalStore& store, const std::string& name,
                                      const wire::Opt<std::string>& expected_account) {
  auto bucket = store.buckets().Need(name);
  if (!bucket) return bucket;
  if (auto ok = CheckOwner(**bucket, expected_account); !ok) return std::unexpected(ok.error());
  return bucket;
}

Result<void> CheckCannedAcl(std::string_view acl) {
  if (acl.empty() || acl == "private" || acl == "bucket-owner-full-control") return {};
  return S3Fail("AccessControlListNotSupported", 400,
                fmt::format("The bucket does not allow ACLs: its owner owns every object in it. "
                            "Leave x-amz-acl out, which was '{}'.",
                            acl.substr(0, 64)));
}

Result<void> CheckAsked(const AskedOfObject& asked) {
  if (auto ok = CheckCannedAcl(asked.acl); !ok) return ok;
  if (asked.grants) {
    return S3Fail("AccessControlListNotSupported", 400,
                  "The bucket does not allow ACLs: leave the x-amz-grant- headers out.");
  }
  if (asked.customer_key) {
    return S3Fail("NotImplemented", 501,
                  "Keys of the customer's own (x-amz-server-side-encryption-customer-algorithm) "
                  "are not implemented.");
  }
  if (asked.lock) {
    return InvalidRequest("Bucket is missing Object Lock Configuration");
  }
  if (!asked.storage_class.empty() &&
      std::ranges::find(kStorageClasses, asked.storage_class) == std::end(kStorageClasses)) {
    return S3Fail("InvalidStorageClass", 400,
                  fmt::format("The storage class '{}' is not one that this server has.",
                              asked.storage_class.substr(0, 64)));
  }
  return {};
}

std::string EncodingWithoutChunks(std::string_view encoding) {
  std::string kept;
  while (!encoding.empty()) {
    const size_t end = std::min(encoding.find(','), encoding.size());
    const std::string_view part = net::TrimBlanks(encoding.substr(0, end));
    encoding.remove_prefix(std::min(end + 1, encoding.size()));
    if (part.empty() || net::EqualsIgnoringCase(part, "aws-chunked")) continue;
    if (!kept.empty()) kept += ',';
    kept.append(part);
  }
  return kept;
}

Result<objects::Tags> TagsOfHeader(std::string_view text) {
  objects::Tags tags;
  for (wire::QueryParameters walk(text); walk.Next();) {
    auto& [key, value] = tags.emplace_back();
    if (!wire::AppendPercentDecoded(key, walk.raw_name(), true) ||
        !wire::AppendPercentDecoded(value, walk.raw_value(), true)) {
      return InvalidArgument(
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
          "URL query parameters without tag name duplicates.");
    }
  }
  if (auto ok = objects::CheckTags(tags, objects::kObjectTagsMax); !ok) {
    return std::unexpected(ok.error());
  }
  return tags;
}

Result<CopySource> ReadCopySource(std::string_view text) {
  CopySource source;
  const auto invalid = [&] {
    return InvalidArgument(
        fmt::format("Copy Source must mention the source bucket and key: "
                    "sourcebucket/sourcekey, not '{}'",
                    text.substr(0, 256)));
  };
  std::string_view path = text;
  constexpr std::string_view kVersion = "?versionId=";
  if (const size_t at = path.rfind(kVersion); at != std::string_view::npos) {
    source.version_id = path.substr(at + kVersion.size());
    path = path.substr(0, at);
  }
  std::string decoded;
  if (!wire::AppendPercentDecoded(decoded, path, false)) return invalid();
  std::string_view rest = decoded;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) return invalid();
  source.bucket = rest.substr(0, slash);
  source.key = rest.substr(slash + 1);
  if (source.bucket.starts_with("arn:")) {
    return S3Fail("NotImplemented", 501, "Copies from access points are not implemented.");
  }
  return source;
}

Result<state::WriteCondition> WriteConditionOf(const wire::Opt<std::string>& if_match,
                                               const wire::Opt<std::string>& if_none_match) {
  state::WriteCondition condition;
  if (if_match) condition.if_match = Unquoted(*if_match);
  if (if_none_match) {
    if (*if_none_match != "*") {
      return S3Fail("NotImplemented", 501,
                    "A header you provided implies functionality that is not implemented: "
                    "If-None-Match of a write is '*'.");
    }
    condition.if_none_match = true;
  }
  return condition;
}

Result<std::string> ReadContentMd5(const wire::Opt<std::string>& header) {
  std::string bytes;
  if (!header) return bytes;
  if (!AppendFromBase64(bytes, *header) || bytes.size() != 16) {
    return S3Fail(
        "InvalidDigest", 400,
        fmt::format("The Content-MD5 you specified was invalid: '{}'.", header->substr(0, 64)));
  }
  return bytes;
}

Result<objects::Encryption> ReadEncryption(const wire::Call& call, const AskedEncryption& asked,
                                           const objects::Bucket& bucket,
                                           const objects::LocalStore& store) {
  objects::Encryption encryption;
  if (asked.algorithm.empty() && asked.kms_key.empty()) {
    encryption.kms = bucket.encryption.kms;
    if (encryption.kms) encryption.kms_key = KeyOfBucket(bucket);
  } else if (asked.algorithm == "aws:kms") {
    encryption.kms = true;
    encryption.kms_key = asked.kms_key.empty()
                             ? KeyOfBucket(bucket)
                             : KmsKeyArn(asked.kms_key, call.account, bucket.region);
  } else if (asked.algorithm != "AES256" || !asked.kms_key.empty()) {
    return InvalidArgument(fmt::format("The encryption method specified is not supported: '{}'{}",
                                       asked.algorithm,
                                       asked.kms_key.empty() ? "" : " with a KMS key"));
  }
  if (encryption.kms && !store.has_kms()) {
    return S3Fail("NotImplemented", 501, "Server-side encryption with KMS is not implemented.");
  }
  if (asked.context.empty()) return encryption;
  if (!encryption.kms) return InvalidArgument("An encryption context needs a KMS key");
  std::string json;
  const auto value = AppendFromBase64(json, asked.context)
                         ? json::Value::Parse(json)
                         : Result<json::Value>(Fail(Fault::kValidation, "no base64"));
  const json::Value::Object* const object = value ? value->AsObject() : nullptr;
  if (object == nullptr) {
    return InvalidArgument(
        "The x-amz-server-side-encryption-context must be base64 of a JSON "
        "object of texts");
  }
  for (const auto& [name, text] : *object) {
    if (!text.is_string()) return InvalidArgument("An encryption context holds texts alone");
    encryption.pairs[name] = *text.AsString();
  }
  return encryption;
}

net::Task<Result<void>> AskFor(const wire::Call& call, std::string action, std::string bucket,
                               std::string key, std::string version_id) {
  if (call.permission == nullptr) co_return Result<void>();
  wire::Ask ask{.action = std::move(action), .directory = "s3", .name = bucket};
  ask.arn = key.empty() ? "arn:aws:s3:::" + bucket : "arn:aws:s3:::" + bucket + "/" + key;
  if (!version_id.empty()) ask.context.push_back({"s3:VersionId", {std::move(version_id)}});
  co_return co_await call.permission->Check(std::move(ask));
}

net::Task<Result<void>> AskForKey(const wire::Call& call, std::string action, std::string kms_key,
                                  std::string bucket, std::string key,
                                  std::map<std::string, std::string> pairs) {
  if (call.permission == nullptr) co_return Result<void>();
  wire::Ask ask{.action = std::move(action), .directory = "kms-key", .via = "s3"};
  ask.name = kms_key.empty() ? std::string("alias/aws/s3") : std::move(kms_key);
  // One that is not found is judged as whose its ARN says.
  if (ask.name.starts_with("arn:")) ask.arn = ask.name;
  pairs["aws:s3:arn"] = "arn:aws:s3:::" + bucket + "/" + key;
  std::vector<std::string> names;
  for (auto& [name, value] : pairs) {
    names.push_back(name);
    ask.context.push_back({"kms:EncryptionContext:" + name, {std::move(value)}});
  }
  if (auto ok = wire::CheckNames(ask.context); !ok) co_return InvalidArgument(ok.error().message);
  ask.context.push_back({"kms:EncryptionContextKeys", std::move(names)});
  co_return co_await call.permission->Check(std::move(ask));
}

net::Task<Result<void>> AskToEncrypt(const wire::Call& call, const objects::Encryption& encryption,
                                     std::string bucket, std::string key) {
  if (!encryption.kms) co_return Result<void>();
  co_return co_await AskForKey(call, "kms:GenerateDataKey", encryption.kms_key, std::move(bucket),
                               std::move(key), encryption.pairs);
}

net::Task<Result<void>> AskForParts(const wire::Call& call, const objects::Encryption& encryption,
                                    std::string bucket, std::string key) {
  if (!encryption.kms) co_return Result<void>();
  co_return co_await AskForKey(call, "kms:Decrypt", encryption.kms_key, std::move(bucket),
                               std::move(key), encryption.pairs);
}

net::Task<Result<void>> AskToDecrypt(const wire::Call& call, const objects::Version& version) {
  if (version.encryption != "aws:kms") co_return Result<void>();
  co_return co_await AskForKey(call, "kms:Decrypt", version.kms_key, version.bucket, version.key,
                               {});
}

net::Task<Error> ErrorOfMissing(const wire::Call& call, Error error, const std::string& bucket) {
  if (error.type != "NoSuchKey" && error.type != "NoSuchVersion") co_return error;
  const auto may_list = co_await AskFor(call, "s3:ListBucket", bucket, {});
  if (!may_list) co_return may_list.error();
  co_return error;
}

}  // namespace bedplate::services::s3
