#include "gateway/short_term_key.h"

#include <array>

#include "base/base64.h"
#include "gateway/authenticate.h"
#include "gateway/signing_keys.h"
#include "wire/sigv4/claim.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/verify.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::AuthFault;

constexpr std::string_view kPrefix = "bedrock-api-key-";
constexpr std::string_view kHost = "bedrock.amazonaws.com";
constexpr std::string_view kService = "bedrock";
constexpr int kExpiresSecondsMax = 43'200;

auto Invalid() {
  return sigv4::Refuse(AuthFault::kAccessDenied,
                       "Authentication failed: Please make sure your API Key is valid.");
}

auto Expired() { return sigv4::Refuse(AuthFault::kAccessDenied, "Bearer Token has expired"); }

// The generators add Version behind the signature, so it was not signed.
std::string WithoutVersion(std::string_view query) {
  std::string kept;
  for (size_t start = 0; start < query.size();) {
    const size_t end = std::min(query.find('&', start), query.size());
    const auto parameter = query.substr(start, end - start);
    start = end + 1;
    if (parameter.starts_with("Version=")) continue;
    kept.append(kept.empty() ? "" : "&").append(parameter);
  }
  return kept;
}

}  // namespace

bool IsShortTermKey(std::string_view bearer_key) { return bearer_key.starts_with(kPrefix); }

sigv4::AuthResult<std::shared_ptr<const account::AccessKey>> MakerOfShortTermKey(
    std::string_view bearer_key, const AuthenticationOptions& options, sigv4::Seconds now) {
  std::string url;
  if (!AppendFromBase64(url, bearer_key.substr(kPrefix.size()))) return Invalid();
  const auto [address, query] = sigv4::SplitTarget(url);
  if (address.substr(0, address.find('/')) != kHost) return Invalid();
  const std::string signed_query = WithoutVersion(query);
  if (signed_query.find("Action=CallWithBearerToken") == std::string::npos) return Invalid();

  const sigv4::RequestView call{"POST", "/", signed_query, kHost, {}};
  const auto read = sigv4::ReadClaim(call);
  if (!read || !*read) return Invalid();
  const sigv4::Claim& claim = **read;
  const auto key = options.identities.FindAccessKey(claim.access_key_id, claim.security_token, now);
  if (!key && key.error() == account::KeyFault::kExpired) return Expired();
  if (!key || claim.expires_s > kExpiresSecondsMax ||
      !sigv4::CheckScope(claim, options.region, kService) ||
      !sigv4::CheckSignedHeaders(claim, call) ||
      !sigv4::CheckSignature(claim, call, sigv4::kHashOfNothing, sigv4::PathRule::kEncodeAgain,
                             SigningKeyFor((*key)->secret, claim))) {
    return Invalid();
  }
  if (!sigv4::CheckTime(claim, now)) {
    return Expired();
  }
  return *key;
}

}  // namespace bedplate::gateway
