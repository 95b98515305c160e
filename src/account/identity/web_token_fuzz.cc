// Any bytes as a token and, behind a line end, as the keys of its issuer: both are read or refused,
// and no signature of nobody's is ever taken. No fuzzer finds one that the keys here made: they are
// the input's own, of which the private half is nowhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "account/identity/web_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bedplate;
  constexpr int64_t kNow_s = 1'795'687'200;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  const auto token = account::ReadWebToken(input.substr(0, line));
  if (!token) {
    if (token.error().type != "InvalidIdentityTokenException") std::abort();
    return 0;
  }
  if (token->algorithm != "RS256" && token->algorithm != "ES256") std::abort();
  if (!token->claims.is_object()) std::abort();
  (void)account::CheckTimes(*token, kNow_s);
  (void)account::AudiencesOf(*token);
  (void)account::ClaimOf(*token, "iss");
  if (line == std::string_view::npos) return 0;
  const auto keys = json::Value::Parse(input.substr(line + 1));
  if (!keys) return 0;
  const bool has_key = account::HasKeyOf(*token, *keys);
  const bool proved = account::CheckSignature(*token, *keys).has_value();
  if (proved && (!has_key || token->signature.empty())) std::abort();
  return 0;
}
