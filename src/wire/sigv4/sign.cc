#include "wire/sigv4/sign.h"

#include <algorithm>
#include <array>

#include "wire/sigv4/digest.h"
#include "wire/sigv4/signing_key.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::wire::sigv4 {
namespace {

// Hops may change or drop these, so they are left out of the signature.
constexpr std::array<std::string_view, 10> kNeverSigned = {
    "authorization", "connection",        "expect",  "keep-alive", "te",
    "trailer",       "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"};

std::string ScopeOf(const SigningIdentity& identity, std::string_view timestamp) {
  std::string scope(timestamp.substr(0, 8));
  scope.append("/").append(identity.region).append("/").append(identity.service).append("/");
  return scope.append(kTerminator);
}

std::string SignatureOf(const SigningIdentity& identity, std::string_view timestamp,
                        std::string_view to_sign) {
  const Digest key =
      MakeSigningKey(identity.secret, timestamp.substr(0, 8), identity.region, identity.service);
  return HexOf(HmacOf(BytesOf(key), to_sign));
}

std::vector<std::string_view> NamesToSign(std::span<const HeaderView> headers) {
  std::vector<std::string_view> names = {"host"};
  for (const auto& [name, value] : headers) {
    if (std::ranges::find(kNeverSigned, name) == kNeverSigned.end()) names.push_back(name);
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

void AppendParameter(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query.push_back('&');
  query.append(name).push_back('=');
  AppendEncoded(query, value, Slash::kEncode);
}

}  // namespace

std::vector<HeaderField> SignRequest(const SigningIdentity& identity, const RequestView& request,
                                     std::string_view payload_hash, Seconds now, PathRule rule) {
  const std::string timestamp = BasicTime(now);
  const std::string scope = ScopeOf(identity, timestamp);
  std::vector<HeaderField> added = {{"x-amz-date", timestamp}};
  if (!identity.session_token.empty()) {
    added.emplace_back("x-amz-security-token", identity.session_token);
  }
  std::vector<HeaderView> all(request.headers.begin(), request.headers.end());
  for (const auto& header : ViewsOf(added)) all.push_back(header);
  RequestView complete = request;
  complete.headers = all;
  const auto names = NamesToSign(all);

  std::string authorization(kAlgorithm);
  authorization.append(" Credential=").append(identity.access_key_id).append("/").append(scope);
  authorization.append(", SignedHeaders=");
  for (size_t i = 0; i < names.size(); ++i) {
    if (i != 0) authorization.push_back(';');
    authorization.append(names[i]);
  }
  const auto canonical = CanonicalRequest(complete, names, payload_hash, rule);
  authorization.append(", Signature=")
      .append(SignatureOf(identity, timestamp, StringToSign(timestamp, scope, canonical)));
  added.emplace_back("authorization", std::move(authorization));
  return added;
}

std::string PresignQuery(const SigningIdentity& identity, const RequestView& request,
                         std::string_view payload_hash, Seconds now, int expires_s, PathRule rule) {
  const std::string timestamp = BasicTime(now);
  const std::string scope = ScopeOf(identity, timestamp);
  std::string query(request.query);
  AppendParameter(query, "X-Amz-Algorithm", kAlgorithm);
  AppendParameter(query, "X-Amz-Credential", std::string(identity.access_key_id) + "/" + scope);
  AppendParameter(query, "X-Amz-Date", timestamp);
  AppendParameter(query, "X-Amz-Expires", std::to_string(expires_s));
  AppendParameter(query, "X-Amz-SignedHeaders", "host");
  if (!identity.session_token.empty()) {
    AppendParameter(query, "X-Amz-Security-Token", identity.session_token);
  }
  RequestView complete = request;
  complete.query = query;
  constexpr std::array<std::string_view, 1> kNames = {"host"};
  const auto canonical = CanonicalRequest(complete, kNames, payload_hash, rule);
  const auto signature =
      SignatureOf(identity, timestamp, StringToSign(timestamp, scope, canonical));
  AppendParameter(query, "X-Amz-Signature", signature);
  return query;
}

}  // namespace bedplate::wire::sigv4
