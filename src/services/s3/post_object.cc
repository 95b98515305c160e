// PostObject: a form that a browser sends. Whoever signed its policy puts the object; a form
// without one is nobody's, for the bucket's policy to let in.
//
// spec: docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "account/objects/names.h"
#include "net/text.h"
#include "s3/ops/PostObject.h"
#include "s3/shapes/PostResponse.h"
#include "s3/shapes/Tagging.h"
#include "services/s3/post_form.h"
#include "services/s3/post_policy.h"
#include "services/s3/post_signer.h"
#include "services/s3/service.h"
#include "services/s3/tag_set.h"
#include "services/s3/take_body.h"
#include "wire/permits.h"
#include "wire/xml/xml_codec.h"

namespace bedplate::services::s3 {
namespace {

using objects::InvalidArgument;

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

// The file of a form, behind its fields.
class FileOfForm final : public wire::BodySource {
 public:
  // Both outlive this.
  FileOfForm(wire::BodySource& body, PostForm& form) : body_(body), form_(form) {}

  // Until all fields are there.
  net::Task<Result<void>> ReadFields() {
    while (!form_.at_file()) {
      const auto received = co_await body_.Next();
      if (!received) co_return std::unexpected(received.error());
      if (received->empty()) co_return form_.Finish();
      if (auto ok = form_.Push(*received, ready_); !ok) co_return ok;
    }
    co_return Result<void>();
  }
  void Bound(const PostPolicy& policy) { policy_ = policy; }

  std::optional<uint64_t> size() const override { return std::nullopt; }
  std::optional<std::string_view> Trailer(std::string_view) const override { return std::nullopt; }
  net::Task<Result<std::string_view>> Next() override {
    for (;;) {
      given_.clear();
      std::swap(given_, ready_);
      bytes_ += given_.size();
      if (auto ok = CheckNotTooLarge(policy_, bytes_); !ok) co_return std::unexpected(ok.error());
      if (!given_.empty()) co_return std::string_view(given_);
      if (ended_) co_return std::string_view();
      const auto received = co_await body_.Next();
      if (!received) co_return std::unexpected(received.error());
      if (!received->empty()) {
        if (auto ok = form_.Push(*received, ready_); !ok) co_return std::unexpected(ok.error());
        continue;
      }
      if (auto ok = form_.Finish(); !ok) co_return std::unexpected(ok.error());
      if (auto ok = CheckNotTooSmall(policy_, bytes_); !ok) co_return std::unexpected(ok.error());
      ended_ = true;
    }
  }

 private:
  wire::BodySource& body_;
  PostForm& form_;
  PostPolicy policy_{.bytes_max = objects::LocalStore::kCopyBytesMax};  // what one request may put
  std::string ready_;  // of the file, not given yet
  std::string given_;
  uint64_t bytes_ = 0;
  bool ended_ = false;
};

std::string FieldOf(const PostForm& form, std::string_view name) {
  return std::string(form.Find(name).value_or(std::string_view()));
}

objects::Attributes AttributesOfForm(const PostForm& form) {
  objects::Attributes attributes;
  for (const char* name : {"content-type", "cache-control", "content-disposition",
                           "content-encoding", "content-language", "expires"}) {
    if (auto value = FieldOf(form, name); !value.empty()) attributes.headers[name] = value;
  }
  if (auto to = FieldOf(form, "x-amz-website-redirect-location"); !to.empty()) {
    attributes.headers["website-redirect-location"] = to;
  }
  if (auto storage = FieldOf(form, "x-amz-storage-class");
      !storage.empty() && storage != "STANDARD") {
    attributes.headers["storage-class"] = storage;
  }
  for (const auto& [name, value] : form.fields()) {
    if (!name.starts_with(kMetadataPrefix) || name.size() == kMetadataPrefix.size()) continue;
    attributes.metadata[name.substr(kMetadataPrefix.size())] = value;
  }
  return attributes;
}

Result<void> CheckAskedOfForm(const PostForm& form) {
  const auto has = [&](std::string_view prefix) {
    return std::ranges::any_of(form.fields(),
                               [&](const auto& field) { return field.first.starts_with(prefix); });
  };
  const std::string storage_class = FieldOf(form, "x-amz-storage-class");
  const std::string acl = FieldOf(form, "acl");
  return CheckAsked({.acl = acl,
                     .customer_key = has("x-amz-server-side-encryption-customer-"),
                     .lock = has("x-amz-object-lock-"),
                     .grants = has("x-amz-grant-"),
                     .storage_class = storage_class});
}

// The form's tags are a document, as those of PutObjectTagging.
Result<objects::Tags> TagsOfForm(const PostForm& form) {
  const auto document = form.Find("tagging");
  if (!document) return objects::Tags();
  gen::Tagging tagging;
  const auto read =
      wire::ReadXml(*document, gen::Tagging::kShape, &tagging, wire::MemberScope::kAll);
  if (!read) {
    return objects::S3Fail(
        "MalformedXML", 400,
        "The XML you provided in 'tagging' was not well-formed: " + read.error().message);
  }
  auto tags = TagsOf(tagging);
  if (auto ok = objects::CheckTags(tags, objects::kObjectTagsMax); !ok) {
    return std::unexpected(ok.error());
  }
  return tags;
}

// The checksum that the form gives, at most one; S3's own where it gives none.
Result<GivenChecksum> ChecksumOfForm(const PostForm& form) {
  GivenChecksum given{.algorithm = objects::Checksum::kCrc64Nvme};
  int count = 0;
  for (const objects::Checksum algorithm : objects::AllChecksums()) {
    const auto value = form.Find("x-amz-checksum-" + net::ToLower(objects::NameOf(algorithm)));
    if (!value) continue;
    ++count;
    given = {.algorithm = algorithm, .base64 = std::string(*value)};
  }
  if (count > 1) return objects::InvalidRequest("Expecting a single x-amz-checksum- field");
  if (count == 1) return given;
  const auto named = form.Find("x-amz-checksum-algorithm");
  if (!named) return given;
  const auto algorithm = objects::ChecksumNamed(*named);
  if (!algorithm) return objects::InvalidRequest("Checksum algorithm provided is unsupported.");
  given.algorithm = *algorithm;
  return given;
}

wire::AskContext ContextOfForm(const PostForm& form) {
  wire::AskContext context{{"s3:authType", {"POST"}}};
  const auto add = [&](const char* key, std::string_view field) {
    if (const auto value = form.Find(field)) context.push_back({key, {std::string(*value)}});
  };
  add("s3:x-amz-acl", "acl");
  add("s3:x-amz-storage-class", "x-amz-storage-class");
  add("s3:x-amz-server-side-encryption", "x-amz-server-side-encryption");
  add("s3:x-amz-server-side-encryption-aws-kms-key-id",
      "x-amz-server-side-encryption-aws-kms-key-id");
  add("s3:x-amz-website-redirect-location", "x-amz-website-redirect-location");
  return context;
}

// What has to be allowed to whoever signed the form, or to everybody.
net::Task<Result<void>> AskForForm(const wire::Call& call, const PostForm& form,
                                   const objects::PutRequest& request) {
  if (call.permission == nullptr) co_return Result<void>();
  const auto ask = [&](const char* action) {
    return wire::Ask{.action = action,
                     .directory = "s3",
                     .name = request.bucket,
                     .arn = "arn:aws:s3:::" + request.bucket + "/" + request.key,
                     .context = ContextOfForm(form)};
  };
  wire::Ask put = ask("s3:PutObject");
  std::vector<std::string> keys;
  for (const auto& [key, value] : request.tags) {
    put.context.push_back({"s3:RequestObjectTag/" + key, {value}});
    keys.push_back(key);
  }
  if (!keys.empty()) put.context.push_back({"s3:RequestObjectTagKeys", std::move(keys)});
  const wire::AskContext context = put.context;
  if (auto may = co_await call.permission->Check(std::move(put)); !may) co_return may;
  if (!request.tags.empty()) {
    wire::Ask tag = ask("s3:PutObjectTagging");
    tag.context = context;
    if (auto may = co_await call.permission->Check(std::move(tag)); !may) co_return may;
  }
  if (form.Find("acl")) co_return co_await call.permission->Check(ask("s3:PutObjectAcl"));
  co_return Result<void>();
}

// As in a query: slashes too.
std::string InQuery(std::string_view text) {
  std::string encoded;
  for (const char c : UrlEncoded(text)) {
    if (c == '/') {
      encoded += "%2F";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

// Where the form wants its sender to go; empty when that is no address, as S3 does.
std::string RedirectOf(const PostForm& form) {
  std::string to = FieldOf(form, "success_action_redirect");
  if (to.empty()) to = FieldOf(form, "redirect");
  const bool address = to.starts_with("http://") || to.starts_with("https://");
  const bool plain = std::ranges::all_of(to, [](char c) { return c > ' ' && c < 127; });
  return address && plain ? to : std::string();
}

// 204 and nothing more, unless the form says otherwise.
void Tell(const wire::Call& call, const PostForm& form, const objects::PutRequest& request,
          const std::string& etag, gen::PostObjectOutput& output) {
  output.ETag = Quoted(etag);
  std::string location = "/" + request.bucket + "/" + UrlEncoded(request.key);
  if (std::string to = RedirectOf(form); !to.empty()) {
    const size_t fragment = std::min(to.find('#'), to.size());
    const std::string_view sign = to.find('?') < fragment ? "&" : "?";
    to.insert(fragment, fmt::format("{}bucket={}&key={}&etag={}", sign, InQuery(request.bucket),
                                    InQuery(request.key), InQuery(Quoted(etag))));
    output.Location = std::move(to);
    call.response_status = 303;
    return;
  }
  output.Location = location;
  const std::string status = FieldOf(form, "success_action_status");
  call.response_status = status == "200" ? 200 : status == "201" ? 201 : 204;
  if (call.response_status != 201) return;
  gen::PostResponse& response = output.PostResponse.emplace();
  response.Location = std::move(location);
  response.Bucket = request.bucket;
  response.Key = request.key;
  response.ETag = Quoted(etag);
}

Result<objects::PutRequest> RequestOf(const PostForm& form, const std::string& bucket) {
  const auto key = form.Find("key");
  if (!key) {
    return InvalidArgument(
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order "
        "of the fields.");
  }
  objects::PutRequest request{
      .bucket = bucket, .key = std::string(*key), .attributes = AttributesOfForm(form)};
  if (auto ok = objects::CheckKey(request.key); !ok) return std::unexpected(ok.error());
  if (auto ok = CheckAskedOfForm(form); !ok) return std::unexpected(ok.error());
  if (auto ok = objects::CheckAttributes(request.attributes); !ok) {
    return std::unexpected(ok.error());
  }
  auto tags = TagsOfForm(form);
  if (!tags) return std::unexpected(std::move(tags.error()));
  request.tags = std::move(*tags);
  return request;
}

}  // namespace

net::Task<Result<gen::PostObjectOutput>> S3::PostObject(const wire::Call& call,
                                                        gen::PostObjectRequest input,
                                                        wire::BodySource& body) {
  const auto bucket = FindBucket(store_, *input.Bucket, {});
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto boundary = BoundaryOf(input.ContentType.value_or(""));
  if (!boundary) co_return std::unexpected(boundary.error());
  PostForm form(*boundary);
  FileOfForm file(body, form);
  if (auto read = co_await file.ReadFields(); !read) co_return std::unexpected(read.error());
  if (auto ok = form.ExpandVariables(); !ok) co_return std::unexpected(ok.error());
  // The signer's in place of nobody's, for what is asked below.
  wire::Call signers = call;
  std::unique_ptr<wire::Permission> permission;
  if (const auto base64 = form.Find("policy")) {
    const account::Identities::Time now(std::chrono::seconds(store_.NowMs() / 1000));
    const auto signer = SignerOf(form, identities_, call.region, now);
    if (!signer) co_return std::unexpected(signer.error());
    const auto policy = ReadPostPolicy(*base64);
    if (!policy) co_return std::unexpected(policy.error());
    auto allowed = CheckPostPolicy(*policy, form, *input.Bucket, now.time_since_epoch().count());
    if (!allowed) co_return std::unexpected(allowed.error());
    file.Bound({.bytes_min = policy->bytes_min,
                .bytes_max = std::min(policy->bytes_max, objects::LocalStore::kCopyBytesMax)});
    signers.account = (*signer)->owner->account;
    identities_.NoteUse(**signer, "s3", call.region, now);
    if (call.permission != nullptr) permission = call.permission->As((*signer)->owner);
    signers.permission = permission.get();
  }
  auto request = RequestOf(form, *input.Bucket);
  if (!request) co_return std::unexpected(request.error());
  if (auto may = co_await AskForForm(signers, form, *request); !may) {
    co_return std::unexpected(may.error());
  }
  const std::string algorithm_asked = FieldOf(form, "x-amz-server-side-encryption");
  const auto encryption =
      ReadEncryption(signers,
                     {.algorithm = algorithm_asked,
                      .kms_key = FieldOf(form, "x-amz-server-side-encryption-aws-kms-key-id"),
                      .context = FieldOf(form, "x-amz-server-side-encryption-context")},
                     **bucket, store_);
  if (!encryption) co_return std::unexpected(encryption.error());
  if (auto may = co_await AskToEncrypt(signers, *encryption, request->bucket, request->key); !may) {
    co_return std::unexpected(may.error());
  }
  auto given = ChecksumOfForm(form);
  if (!given) co_return std::unexpected(std::move(given.error()));
  const objects::Checksum algorithm = given->algorithm;
  const auto begin = [&] {
    return store_.Begin(request->bucket, request->key, *encryption, algorithm);
  };
  const auto finish = [&](objects::ContentWriter& content) {
    return store_.Put(objects::PutRequest(*request), content);
  };
  const auto written =
      co_await TakeBody<objects::Written>(file, pool_, std::move(*given), {}, begin, finish);
  if (!written) co_return std::unexpected(written.error());
  gen::PostObjectOutput output;
  Tell(call, form, *request, written->version.etag, output);
  if (!written->version_id.empty()) output.VersionId = written->version_id;
  SetEncryption(output, written->version.encryption, written->version.kms_key);
  co_return output;
}

}  // namespace bedplate::services::s3
