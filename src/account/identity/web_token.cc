#include "account/identity/web_token.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <memory>

#include "account/identity/errors.h"
#include "base/base64.h"

namespace bedplate::account {
namespace {

constexpr size_t kTokenBytesMax = 20'000;
constexpr size_t kKeysMax = 100;
constexpr size_t kModulusBytesMin = 256;  // 2048 bits
constexpr size_t kModulusBytesMax = 1024;
constexpr size_t kCoordinateBytes = 32;  // of P-256

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

auto Invalid(std::string why) {
  return FailAs(Fault::kValidation, 400, "InvalidIdentityTokenException", std::move(why));
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// Base64 with - and _, without padding.
bool FromUrlBase64(std::string_view text, std::string& bytes) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return false;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  bytes.clear();
  return AppendFromBase64(bytes, plain);
}

std::string TextIn(const json::Value& value, std::string_view name) {
  const json::Value* const member = value.Find(name);
  return member != nullptr && member->is_string() ? *member->AsString() : std::string();
}

Owned<BIGNUM> NumberOf(std::string_view bytes) {
  return Owned<BIGNUM>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Owned<EVP_PKEY> KeyFrom(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Owned<EVP_PKEY>(key);
}

Owned<EVP_PKEY> RsaKey(const json::Value& key) {
  std::string modulus;
  std::string exponent;
  if (!FromUrlBase64(TextIn(key, "n"), modulus) || !FromUrlBase64(TextIn(key, "e"), exponent) ||
      modulus.size() < kModulusBytesMin || modulus.size() > kModulusBytesMax || exponent.empty() ||
      exponent.size() > 8) {
    return nullptr;
  }
  const Owned<BIGNUM> n = NumberOf(modulus);
  const Owned<BIGNUM> e = NumberOf(exponent);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get())) {
    return nullptr;
  }
  return KeyFrom("RSA", builder.get());
}

Owned<EVP_PKEY> EcKey(const json::Value& key) {
  std::string x;
  std::string y;
  if (TextIn(key, "crv") != "P-256" || !FromUrlBase64(TextIn(key, "x"), x) ||
      !FromUrlBase64(TextIn(key, "y"), y) || x.size() != kCoordinateBytes ||
      y.size() != kCoordinateBytes) {
    return nullptr;
  }
  const std::string point = '\x04' + x + y;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      !OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
      !OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size())) {
    return nullptr;
  }
  return KeyFrom("EC", builder.get());
}

// A signature of ES256 is r and s; OpenSSL wants them in DER.
std::string DerOf(std::string_view signature) {
  if (signature.size() != 2 * kCoordinateBytes) return {};
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  Owned<BIGNUM> r = NumberOf(signature.substr(0, kCoordinateBytes));
  Owned<BIGNUM> s = NumberOf(signature.substr(kCoordinateBytes));
  if (pair == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return {};
  }
  // They are the pair's now.
  [[maybe_unused]] const BIGNUM* const r_of_pair = r.release();
  [[maybe_unused]] const BIGNUM* const s_of_pair = s.release();
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

bool Verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return context != nullptr && !signature.empty() &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
}

// Whether the key of a set is one that the token may be signed with.
bool Fits(const WebToken& token, const json::Value& key) {
  if (!token.key_id.empty() && TextIn(key, "kid") != token.key_id) return false;
  const std::string use = TextIn(key, "use");
  const std::string algorithm = TextIn(key, "alg");
  const std::string_view type = token.algorithm == "RS256" ? "RSA" : "EC";
  return TextIn(key, "kty") == type && (use.empty() || use == "sig") &&
         (algorithm.empty() || algorithm == token.algorithm);
}

const json::Value::Array& KeysIn(const json::Value& set) {
  static const json::Value::Array kNone;
  const json::Value* const keys = set.Find("keys");
  return keys != nullptr && keys->is_array() && keys->AsArray()->size() <= kKeysMax
             ? *keys->AsArray()
             : kNone;
}

}  // namespace

Result<WebToken> ReadWebToken(std::string_view text) {
  constexpr std::string_view kWhy = "The ID Token provided is not a valid JWT.";
  if (text.size() > kTokenBytesMax) return Invalid(std::string(kWhy) + " It is too long.");
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return Invalid(std::string(kWhy) + " It has not three parts.");
  }
  std::string head;
  std::string body;
  WebToken token{.signed_part = std::string(text.substr(0, second))};
  if (!FromUrlBase64(text.substr(0, first), head) ||
      !FromUrlBase64(text.substr(first + 1, second - first - 1), body) ||
      !FromUrlBase64(text.substr(second + 1), token.signature)) {
    return Invalid(std::string(kWhy) + " A part is not base64url.");
  }
  const auto header = json::Value::Parse(head);
  auto claims = json::Value::Parse(body);
  if (!header || !header->is_object() || !claims || !claims->is_object()) {
    return Invalid(std::string(kWhy) + " A part is not a JSON object.");
  }
  token.algorithm = TextIn(*header, "alg");
  token.key_id = TextIn(*header, "kid");
  token.claims = std::move(*claims);
  if (token.algorithm != "RS256" && token.algorithm != "ES256") {
    return Invalid("The token's algorithm '" + token.algorithm.substr(0, 32) +
                   "' is not taken; RS256 and ES256 are.");
  }
  // What it says that must be understood is understood by nobody here.
  if (header->Find("crit") != nullptr) {
    return Invalid("The token has critical headers, which are not taken.");
  }
  return token;
}

std::string ClaimOf(const WebToken& token, std::string_view name) {
  return TextIn(token.claims, name);
}

std::vector<std::string> TextsOf(const WebToken& token, std::string_view name) {
  const json::Value* const claim = token.claims.Find(name);
  std::vector<std::string> texts;
  if (claim == nullptr) return texts;
  if (claim->is_string()) texts.push_back(*claim->AsString());
  if (!claim->is_array()) return texts;
  for (const json::Value& entry : *claim->AsArray()) {
    if (entry.is_string()) texts.push_back(*entry.AsString());
  }
  return texts;
}

bool HasKeyOf(const WebToken& token, const json::Value& keys) {
  for (const json::Value& key : KeysIn(keys)) {
    if (Fits(token, key)) return true;
  }
  return false;
}

Result<void> CheckSignature(const WebToken& token, const json::Value& keys) {
  const bool rsa = token.algorithm == "RS256";
  const std::string signature = rsa ? token.signature : DerOf(token.signature);
  for (const json::Value& candidate : KeysIn(keys)) {
    if (!Fits(token, candidate)) continue;
    const Owned<EVP_PKEY> key = rsa ? RsaKey(candidate) : EcKey(candidate);
    if (key != nullptr && Verifies(key.get(), token.signed_part, signature)) return {};
  }
  return Invalid("Couldn't verify the signature of the token with the issuer's keys.");
}

Result<void> CheckTimes(const WebToken& token, int64_t now_s) {
  constexpr int64_t kSkew_s = 300;
  double expires_s = 0;
  const json::Value* const expires = token.claims.Find("exp");
  if (expires == nullptr || !expires->ToDouble(expires_s)) {
    return Invalid("The token has no time at which it ends (exp).");
  }
  if (expires_s <= static_cast<double>(now_s)) {
    return FailAs(Fault::kValidation, 400, "ExpiredTokenException",
                  "Token expired: the current date is after the expiration date (exp).");
  }
  for (const std::string_view name : {"nbf", "iat"}) {
    const json::Value* const claim = token.claims.Find(name);
    double from_s = 0;
    if (claim == nullptr) continue;
    if (!claim->ToDouble(from_s) || from_s > static_cast<double>(now_s + kSkew_s)) {
      return Invalid("The token is not valid yet (" + std::string(name) + ").");
    }
  }
  return {};
}

}  // namespace bedplate::account
