// Tokens of web identities: JSON Web Tokens signed by an issuer whose keys are published.
//
// Threads: pure functions. Errors: STS's, by Error::type.
// spec: RFC 7515 and 7517 to 7519; OpenID Connect Core 1.0, "ID Token Validation"; STS API
// reference, AssumeRoleWithWebIdentity
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::account {

struct WebToken {
  std::string algorithm{};  // "RS256" or "ES256"
  std::string key_id{};     // or empty
  json::Value claims{};
  std::string signed_part{};  // what the signature is of
  std::string signature{};
};

// InvalidIdentityToken for what is no token, or of another algorithm: none, HS256 and such are
// never taken.
Result<WebToken> ReadWebToken(std::string_view text);

// A text among the claims; empty when there is none.
std::string ClaimOf(const WebToken& token, std::string_view name);
// A claim that may be one text or several.
std::vector<std::string> TextsOf(const WebToken& token, std::string_view name);
inline std::vector<std::string> AudiencesOf(const WebToken& token) { return TextsOf(token, "aud"); }

// InvalidIdentityToken unless one of the keys (a JSON Web Key Set) made the signature.
Result<void> CheckSignature(const WebToken& token, const json::Value& keys);
// Whether a key of the set could be the token's: its id, where it says one.
bool HasKeyOf(const WebToken& token, const json::Value& keys);

// ExpiredTokenException, or InvalidIdentityToken for a token that is not valid yet or has no end.
Result<void> CheckTimes(const WebToken& token, int64_t now_s);

}  // namespace bedplate::account
