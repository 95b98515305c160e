#include "gateway/bucket_host.h"

#include <tuple>
#include <utility>

#include "net/text.h"
#include "wire/router.h"
#include "wire/uri.h"

namespace bedplate::gateway {
namespace {

// Of a URL signed with version 2, which S3 alone still has.
bool IsSignedWithVersion2(const Passage& passage) {
  return wire::FindParameter(passage.view.query, "AWSAccessKeyId").has_value();
}

// Nobody else takes forms in parts.
bool IsForm(const Passage& passage) {
  constexpr std::string_view kForm = "multipart/form-data";
  const auto type = passage.view.Find("content-type");
  return passage.view.method == "POST" && type &&
         net::EqualsIgnoringCase(type->substr(0, kForm.size()), kForm);
}

bool IsSignedForAnother(const Passage& passage) {
  if (passage.view.Find("x-amz-target") || passage.view.Find("smithy-protocol")) return true;
  const auto service = wire::SigningServiceOf(passage.request);
  if (!service.empty()) return service != "s3";
  return passage.view.Find("authorization").has_value();
}

}  // namespace

std::string_view BucketOfHost(std::string_view authority, std::span<const std::string> hosts) {
  const std::string_view host = authority.substr(0, authority.find(':'));
  for (const std::string& suffix : hosts) {
    if (net::EqualsIgnoringCase(host, suffix)) return {};
  }
  for (const std::string& suffix : hosts) {
    if (host.size() <= suffix.size() + 1 || suffix.empty()) continue;
    const std::string_view end = host.substr(host.size() - suffix.size());
    const std::string_view bucket = host.substr(0, host.size() - suffix.size());
    if (net::EqualsIgnoringCase(end, suffix) && bucket.ends_with('.')) {
      return bucket.substr(0, bucket.size() - 1);
    }
  }
  return {};
}

void NoteBucketHost(Passage& passage, std::span<const std::string> hosts) {
  if (IsSignedForAnother(passage)) return;
  passage.is_s3 = IsSignedWithVersion2(passage) || IsForm(passage);
  const std::string_view bucket = BucketOfHost(passage.request.authority, hosts);
  if (bucket.empty()) return;
  passage.is_s3 = true;
  std::string& target = passage.request.target;
  std::string by_path = "/" + std::string(bucket);
  by_path += target.starts_with('/') ? std::string_view(target) : std::string_view("/");
  passage.sent_target = std::exchange(target, std::move(by_path));
  std::tie(passage.view.path, passage.view.query) = wire::sigv4::SplitTarget(passage.sent_target);
}

}  // namespace bedplate::gateway
