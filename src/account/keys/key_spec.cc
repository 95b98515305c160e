#include "account/keys/key_spec.h"

#include <algorithm>
#include <array>

namespace bedplate::account::keys {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 1> kSymmetric = {"SYMMETRIC_DEFAULT"};
constexpr std::array<Names, 2> kRsaEncryption = {"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"};
constexpr std::array<Names, 6> kRsaSigning = {
    "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",        "RSASSA_PSS_SHA_384",        "RSASSA_PSS_SHA_512"};
constexpr std::array<Names, 1> kEcdsa256 = {"ECDSA_SHA_256"};
constexpr std::array<Names, 1> kEcdsa384 = {"ECDSA_SHA_384"};
constexpr std::array<Names, 1> kEcdsa512 = {"ECDSA_SHA_512"};
constexpr std::array<Names, 1> kEcdh = {"ECDH"};
constexpr std::array<Names, 1> kHmac224 = {"HMAC_SHA_224"};
constexpr std::array<Names, 1> kHmac256 = {"HMAC_SHA_256"};
constexpr std::array<Names, 1> kHmac384 = {"HMAC_SHA_384"};
constexpr std::array<Names, 1> kHmac512 = {"HMAC_SHA_512"};

constexpr KeySpec Rsa(Names name, int bits) {
  return {.name = name,
          .family = Family::kRsa,
          .size = bits,
          .encryption = kRsaEncryption,
          .signing = kRsaSigning};
}

constexpr KeySpec Ecc(Names name, Names curve, std::span<const Names> signing,
                      std::span<const Names> agreement) {
  return {.name = name,
          .family = Family::kEcc,
          .curve = curve,
          .signing = signing,
          .agreement = agreement};
}

constexpr KeySpec Hmac(Names name, int bytes, std::span<const Names> mac) {
  return {.name = name, .family = Family::kHmac, .size = bytes, .mac = mac};
}

constexpr KeySpec kSpecs[] = {
    {.name = "SYMMETRIC_DEFAULT",
     .family = Family::kSymmetric,
     .size = 32,
     .encryption = kSymmetric},
    Rsa("RSA_2048", 2048),
    Rsa("RSA_3072", 3072),
    Rsa("RSA_4096", 4096),
    Ecc("ECC_NIST_P256", "P-256", kEcdsa256, kEcdh),
    Ecc("ECC_NIST_P384", "P-384", kEcdsa384, kEcdh),
    Ecc("ECC_NIST_P521", "P-521", kEcdsa512, kEcdh),
    Ecc("ECC_SECG_P256K1", "secp256k1", kEcdsa256, {}),
    Hmac("HMAC_224", 28, kHmac224),
    Hmac("HMAC_256", 32, kHmac256),
    Hmac("HMAC_384", 48, kHmac384),
    Hmac("HMAC_512", 64, kHmac512),
};

constexpr std::array<Names, 4> kUsages = {"ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC",
                                          "KEY_AGREEMENT"};

}  // namespace

const KeySpec* FindSpec(std::string_view name) {
  const auto* const found = std::ranges::find(kSpecs, name, &KeySpec::name);
  return found == std::end(kSpecs) ? nullptr : found;
}

std::string_view UsageName(Usage usage) { return kUsages[static_cast<std::size_t>(usage)]; }

bool FindUsage(std::string_view name, Usage& usage) {
  const auto* const found = std::ranges::find(kUsages, name);
  if (found == kUsages.end()) return false;
  usage = static_cast<Usage>(found - kUsages.begin());
  return true;
}

std::span<const std::string_view> AlgorithmsFor(const KeySpec& spec, Usage usage) {
  switch (usage) {
    case Usage::kEncryptDecrypt:
      return spec.encryption;
    case Usage::kSignVerify:
      return spec.signing;
    case Usage::kMac:
      return spec.mac;
    case Usage::kKeyAgreement:
      return spec.agreement;
  }
  return {};
}

}  // namespace bedplate::account::keys
