// What the operations of S3 share: values as S3 writes them, and what none of this server does.
//
// Errors are S3's. Pure, but for SaidOf and the like, which read the buckets in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "account/objects/attributes.h"
#include "account/objects/buckets.h"
#include "account/objects/checksum.h"
#include "account/objects/local_store.h"
#include "account/objects/s3_error.h"
#include "base/result.h"
#include "wire/call.h"
#include "wire/types.h"

namespace bedplate::services::s3 {

namespace objects = ::bedplate::account::objects;

wire::Timestamp TimestampOf(int64_t ms);
std::string Quoted(std::string_view etag);
std::string Unquoted(std::string_view etag);  // without W/ and quotation marks
std::string HttpDateOf(int64_t ms);
// As encoding-type=url has keys: all but letters, digits and -_.~/ in percent.
std::string UrlEncoded(std::string_view text);

// AccessDenied when the caller expects the bucket to be another account's.
Result<void> CheckOwner(const objects::Bucket& bucket,
                        const wire::Opt<std::string>& expected_account);
Result<objects::BucketPtr> FindBucket(objects::LocalStore& store, const std::string& name,
                                      const wire::Opt<std::string>& expected_account);

// Buckets enforce that their owner has all objects, so a list of access is told and never changed.
Result<void> CheckCannedAcl(std::string_view acl);
// InvalidArgument for what this server does not do with objects: SSE-C, locks, other storage.
struct AskedOfObject {
  std::string_view acl{};
  bool customer_key = false;
  bool lock = false;
  bool grants = false;
  std::string_view storage_class{};
};
Result<void> CheckAsked(const AskedOfObject& asked);

// A Content-Encoding without aws-chunked.
std::string EncodingWithoutChunks(std::string_view encoding);

// Tags as the x-amz-tagging header has them: "a=1&b=2".
Result<objects::Tags> TagsOfHeader(std::string_view text);

// "bucket/key?versionId=..." of x-amz-copy-source, percent-encoded.
struct CopySource {
  std::string bucket{};
  std::string key{};
  std::string version_id{};
};
Result<CopySource> ReadCopySource(std::string_view text);

// A condition of a write; If-None-Match is "*" or nothing.
Result<state::WriteCondition> WriteConditionOf(const wire::Opt<std::string>& if_match,
                                               const wire::Opt<std::string>& if_none_match);

// 16 bytes; InvalidDigest for what is none.
Result<std::string> ReadContentMd5(const wire::Opt<std::string>& header);

struct GivenChecksum {
  objects::Checksum algorithm = objects::Checksum::kNone;
  std::string base64{};  // empty: it comes behind the body, or the server is to make one
};

// The checksum that the headers of a request give, at most one.
template <class Input>
Result<GivenChecksum> ChecksumOf(const Input& input);

// Puts the checksum into the member of its algorithm.
template <class Output>
void SetChecksum(Output& output, std::string_view algorithm, const std::string& value);
// The same with its type.
template <class Output>
void SetTypedChecksum(Output& output, const objects::Version& version) {
  if (version.checksum.empty()) return;
  SetChecksum(output, version.checksum_algorithm, version.checksum);
  output.ChecksumType.emplace() =
      std::remove_reference_t<decltype(*output.ChecksumType)>::FromText(version.checksum_type);
}

// --- Templates over generated structures, which have the same members

template <class Structure, class Take>
void EachChecksum(Structure& structure, Take take) {
  using objects::Checksum;
  take(Checksum::kCrc32, structure.ChecksumCRC32);
  take(Checksum::kCrc32c, structure.ChecksumCRC32C);
  take(Checksum::kCrc64Nvme, structure.ChecksumCRC64NVME);
  take(Checksum::kSha1, structure.ChecksumSHA1);
  take(Checksum::kSha256, structure.ChecksumSHA256);
  take(Checksum::kSha512, structure.ChecksumSHA512);
  take(Checksum::kMd5, structure.ChecksumMD5);
  take(Checksum::kXxHash64, structure.ChecksumXXHASH64);
  take(Checksum::kXxHash3, structure.ChecksumXXHASH3);
  take(Checksum::kXxHash128, structure.ChecksumXXHASH128);
}

template <class Output>
void SetChecksum(Output& output, std::string_view algorithm, const std::string& value) {
  const auto wanted = objects::ChecksumNamed(algorithm).value_or(objects::Checksum::kNone);
  EachChecksum(output, [&](objects::Checksum each, wire::Opt<std::string>& member) {
    if (each == wanted && !value.empty()) member = value;
  });
}

template <class Input>
Result<GivenChecksum> ChecksumOf(const Input& input) {
  GivenChecksum given;
  int count = 0;
  EachChecksum(input, [&](objects::Checksum each, const wire::Opt<std::string>& member) {
    if (!member) return;
    ++count;
    given = {.algorithm = each, .base64 = *member};
  });
  if (count > 1) {
    return objects::InvalidRequest(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  return given;
}

// What the request says of the object beside its content.
template <class Input>
objects::Attributes AttributesOf(const Input& input) {
  objects::Attributes attributes;
  const auto put = [&](const char* name, const wire::Opt<std::string>& value) {
    if (value && !value->empty()) attributes.headers[name] = *value;
  };
  put("content-type", input.ContentType);
  put("cache-control", input.CacheControl);
  put("content-disposition", input.ContentDisposition);
  put("content-language", input.ContentLanguage);
  put("expires", input.Expires);
  put("website-redirect-location", input.WebsiteRedirectLocation);
  if (input.ContentEncoding) {
    // aws-chunked is how it came, not what it is.
    const std::string encoding = EncodingWithoutChunks(*input.ContentEncoding);
    if (!encoding.empty()) attributes.headers["content-encoding"] = encoding;
  }
  if (input.StorageClass && input.StorageClass->text() != "STANDARD") {
    attributes.headers["storage-class"] = std::string(input.StorageClass->text());
  }
  if (input.Metadata) attributes.metadata = *input.Metadata;
  return attributes;
}

template <class Input>
AskedOfObject AskedOf(const Input& input) {
  return {
      .acl = input.ACL ? input.ACL->text() : std::string_view(),
      .customer_key = input.SSECustomerAlgorithm.has_value() || input.SSECustomerKey.has_value(),
      .lock = input.ObjectLockMode.has_value() || input.ObjectLockRetainUntilDate.has_value() ||
              input.ObjectLockLegalHoldStatus.has_value() || input.ObjectLockEventHold.has_value(),
      .grants = input.GrantFullControl.has_value() || input.GrantRead.has_value() ||
                input.GrantReadACP.has_value() || input.GrantWriteACP.has_value(),
      .storage_class = input.StorageClass ? input.StorageClass->text() : std::string_view()};
}

// How the object is to be encrypted: as the request says, else as the bucket does. The key's name
// comes out as an ARN: an id or an alias that the caller gives is one of the caller's account, the
// bucket's own of its owner's.
struct AskedEncryption {
  std::string_view algorithm{};
  std::string kms_key{};
  std::string context{};  // base64 of JSON
};
Result<objects::Encryption> ReadEncryption(const wire::Call& call, const AskedEncryption& asked,
                                           const objects::Bucket& bucket,
                                           const objects::LocalStore& store);

template <class Input>
Result<objects::Encryption> EncryptionOf(const wire::Call& call, const Input& input,
                                         const objects::Bucket& bucket,
                                         const objects::LocalStore& store) {
  AskedEncryption asked;
  if (input.ServerSideEncryption) asked.algorithm = input.ServerSideEncryption->text();
  if (input.SSEKMSKeyId) asked.kms_key = *input.SSEKMSKeyId;
  if (input.SSEKMSEncryptionContext) asked.context = *input.SSEKMSEncryptionContext;
  return ReadEncryption(call, asked, bucket, store);
}

template <class Output>
void SetEncryption(Output& output, std::string_view encryption, const std::string& kms_key) {
  output.ServerSideEncryption.emplace() =
      std::remove_reference_t<decltype(*output.ServerSideEncryption)>::FromText(encryption);
  if (!kms_key.empty()) output.SSEKMSKeyId = kms_key;
}

// Asks for the caller, where there is somebody to ask.
net::Task<Result<void>> AskFor(const wire::Call& call, std::string action, std::string bucket,
                               std::string key, std::string version_id = {});
// The same of the KMS key of an object: "kms:GenerateDataKey" to write it, "kms:Decrypt" to read.
// `kms_key` empty: AWS's own. `pairs` are the encryption context that the caller gave.
net::Task<Result<void>> AskForKey(const wire::Call& call, std::string action, std::string kms_key,
                                  std::string bucket, std::string key,
                                  std::map<std::string, std::string> pairs);
// To write an object that is to be encrypted so; nothing to ask without KMS.
net::Task<Result<void>> AskToEncrypt(const wire::Call& call, const objects::Encryption& encryption,
                                     std::string bucket, std::string key);
// To write parts of an upload that is encrypted so, and to make them one object: its data key is
// there since it began.
// spec: S3 user guide, "Multipart upload API and permissions"
net::Task<Result<void>> AskForParts(const wire::Call& call, const objects::Encryption& encryption,
                                    std::string bucket, std::string key);
// To read the version.
net::Task<Result<void>> AskToDecrypt(const wire::Call& call, const objects::Version& version);

// What a key that is not there is told as: 404 to who may list the bucket, else 403.
net::Task<Error> ErrorOfMissing(const wire::Call& call, Error error, const std::string& bucket);

}  // namespace bedplate::services::s3
