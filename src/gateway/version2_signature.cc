#include "gateway/version2_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "base/base64.h"
#include "net/text.h"
#include "wire/sigv4/digest.h"
#include "wire/uri.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::AuthFault;
using sigv4::AuthResult;

// Parameters of the query that are signed: all by which another operation is meant, also those that
// came after this version, which nobody signs.
constexpr std::string_view kSigned[] = {"accelerate",
                                        "acl",
                                        "analytics",
                                        "attributes",
                                        "cors",
                                        "delete",
                                        "encryption",
                                        "intelligent-tiering",
                                        "inventory",
                                        "legal-hold",
                                        "lifecycle",
                                        "location",
                                        "logging",
                                        "notification",
                                        "metrics",
                                        "object-lock",
                                        "ownershipControls",
                                        "partNumber",
                                        "policy",
                                        "policyStatus",
                                        "publicAccessBlock",
                                        "replication",
                                        "requestPayment",
                                        "response-cache-control",
                                        "response-content-disposition",
                                        "response-content-encoding",
                                        "response-content-language",
                                        "response-content-type",
                                        "response-expires",
                                        "restore",
                                        "retention",
                                        "tagging",
                                        "torrent",
                                        "uploadId",
                                        "uploads",
                                        "versionId",
                                        "versioning",
                                        "versions",
                                        "website"};

std::string Decoded(std::string_view raw) {
  std::string text;
  return wire::AppendPercentDecoded(text, raw, true) ? text : std::string(raw);
}

std::string HeaderOf(const Passage& passage, std::string_view name) {
  return std::string(passage.view.Find(name).value_or(std::string_view()));
}

// Headers of AWS's own, and parameters of the query that stand in for such.
std::string AmzHeaders(const Passage& passage) {
  constexpr std::string_view kPrefix = "x-amz-";
  std::map<std::string, std::string> fields;
  const auto add = [&](std::string name, std::string_view value) {
    std::string& known = fields[std::move(name)];
    if (!known.empty()) known += ',';
    known.append(net::TrimBlanks(value));
  };
  for (const auto& header : passage.view.headers) {
    if (header.name.starts_with(kPrefix)) add(std::string(header.name), header.value);
  }
  for (wire::QueryParameters walk(passage.view.query); walk.Next();) {
    std::string name = net::ToLower(walk.raw_name());
    if (name.starts_with(kPrefix)) add(std::move(name), Decoded(walk.raw_value()));
  }
  std::string text;
  for (const auto& [name, value] : fields) text.append(name).append(":").append(value).append("\n");
  return text;
}

std::string Resource(const Passage& passage, std::string_view bucket) {
  std::string text;
  if (!bucket.empty()) text.append("/").append(bucket);
  text.append(passage.view.path);
  std::vector<std::string> parameters;
  for (wire::QueryParameters walk(passage.view.query); walk.Next();) {
    if (std::ranges::find(kSigned, walk.raw_name()) == std::end(kSigned)) continue;
    std::string parameter(walk.raw_name());
    if (walk.has_value()) parameter += "=" + Decoded(walk.raw_value());
    parameters.push_back(std::move(parameter));
  }
  std::ranges::sort(parameters);
  for (size_t i = 0; i < parameters.size(); ++i)
    text.append(i == 0 ? "?" : "&").append(parameters[i]);
  return text;
}

std::string HmacSha1(std::string_view key, std::string_view text) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  mac.resize(size);
  return mac;
}

}  // namespace

AuthResult<std::optional<Version2Claim>> ReadVersion2Claim(const Passage& passage) {
  const std::string_view query = passage.view.query;
  const auto id = wire::FindParameter(query, "AWSAccessKeyId");
  if (!id) return std::optional<Version2Claim>();
  const auto signature = wire::FindParameter(query, "Signature");
  const auto expires = wire::FindParameter(query, "Expires");
  if (!signature || !expires) {
    return sigv4::Refuse(AuthFault::kIncomplete,
                         "Query-string authentication requires the Signature, Expires and "
                         "AWSAccessKeyId parameters");
  }
  Version2Claim claim;
  claim.access_key_id = Decoded(*id);
  // A plus sign is one of base64's: whoever did not escape it meant no space.
  if (!wire::AppendPercentDecoded(claim.signature, *signature, false)) claim.signature = *signature;
  for (wire::QueryParameters walk(query); walk.Next();) {
    if (net::EqualsIgnoringCase(walk.raw_name(), "x-amz-security-token")) {
      claim.security_token = Decoded(walk.raw_value());
    }
  }
  const char* const end = expires->data() + expires->size();
  const auto [at, error] = std::from_chars(expires->data(), end, claim.expires_at_s);
  if (error != std::errc() || at != end) {
    return sigv4::Refuse(AuthFault::kIncomplete, "Invalid date (should be seconds since epoch): " +
                                                     std::string(expires->substr(0, 32)));
  }
  return std::optional(std::move(claim));
}

AuthResult<> CheckVersion2(const Version2Claim& claim, const Passage& passage,
                           std::string_view bucket, std::string_view secret, sigv4::Seconds now) {
  if (now.time_since_epoch().count() > claim.expires_at_s) {
    return sigv4::Refuse(AuthFault::kAccessDenied, "Request has expired");
  }
  std::string text(passage.view.method);
  text.append("\n").append(HeaderOf(passage, "content-md5"));
  text.append("\n").append(HeaderOf(passage, "content-type"));
  text.append("\n").append(std::to_string(claim.expires_at_s)).append("\n");
  text.append(AmzHeaders(passage)).append(Resource(passage, bucket));
  std::string expected;
  AppendBase64(expected, HmacSha1(secret, text));
  if (sigv4::EqualInConstantTime(expected, claim.signature)) return {};
  return sigv4::Refuse(AuthFault::kInvalidSignature,
                       "The request signature we calculated does not match the signature you "
                       "provided. Check your key and signing method. The string to sign was '" +
                           text.substr(0, 1024) + "'");
}

}  // namespace bedplate::gateway
