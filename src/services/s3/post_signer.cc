#include "services/s3/post_signer.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <string>

#include "account/objects/s3_error.h"
#include "base/base64.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/signing_key.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::services::s3 {
namespace {

namespace sigv4 = wire::sigv4;
using account::AccessKey;
using account::Identities;
using account::objects::InvalidArgument;
using account::objects::S3Fail;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
// How long a key that signs is good for, and how far its maker's clock may be ahead.
constexpr std::chrono::days kKeyAgeMax{7};
constexpr std::chrono::minutes kSkewMax{15};

Result<std::string> Need(const PostForm& form, std::string_view name, std::string_view spelled) {
  if (const auto value = form.Find(name)) return std::string(*value);
  return InvalidArgument(
      fmt::format("Bucket POST must contain a field named '{}'.  If it is specified, please check "
                  "the order of the fields.",
                  spelled));
}

Result<std::shared_ptr<const AccessKey>> FindKey(const PostForm& form, const Identities& identities,
                                                 std::string_view id, Identities::Time now) {
  const auto token = form.Find("x-amz-security-token").value_or(std::string_view());
  auto key = identities.FindAccessKey(id, token, now);
  if (key) return std::move(*key);
  if (key.error() == account::KeyFault::kExpired) {
    return S3Fail("ExpiredToken", 400, "The provided token has expired.");
  }
  return S3Fail("InvalidAccessKeyId", 403,
                "The AWS Access Key Id you provided does not exist in our records.");
}

Result<std::shared_ptr<const AccessKey>> Compared(std::shared_ptr<const AccessKey> key,
                                                  std::string_view expected,
                                                  std::string_view given) {
  if (sigv4::EqualInConstantTime(expected, given)) return key;
  return S3Fail("SignatureDoesNotMatch", 403,
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.");
}

// "<key>/<date>/<region>/s3/aws4_request"; a key's id may hold slashes.
struct Credential {
  std::string_view key_id, date, region, service, terminator;
};

Result<Credential> ReadCredential(std::string_view text) {
  std::array<std::string_view, 4> scope;
  std::string_view rest = text;
  for (size_t i = scope.size(); i-- > 0;) {
    const size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) {
      return InvalidArgument(
          fmt::format("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                      "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\", not '{}'.",
                      text.substr(0, 200)));
    }
    scope[i] = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  return Credential{rest, scope[0], scope[1], scope[2], scope[3]};
}

Result<void> CheckScope(const Credential& credential, std::string_view date,
                        std::string_view region) {
  const auto wrong = [](std::string_view what, std::string_view given, std::string_view wanted) {
    return InvalidArgument(
        fmt::format("Error parsing the X-Amz-Credential parameter; the {} '{}' is wrong; expecting "
                    "'{}'",
                    what, given.substr(0, 64), wanted));
  };
  if (credential.terminator != "aws4_request") {
    return wrong("terminator", credential.terminator, "aws4_request");
  }
  if (credential.service != "s3") return wrong("service", credential.service, "s3");
  if (credential.region != region) return wrong("region", credential.region, region);
  if (credential.date != date) return wrong("date", credential.date, date);
  return {};
}

Result<void> CheckTime(std::string_view text, Identities::Time now) {
  const auto time = sigv4::ReadBasicTime(text);
  if (!time) {
    return InvalidArgument(fmt::format(
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", not '{}'",
        text.substr(0, 64)));
  }
  if (*time > now + kSkewMax || *time < now - kKeyAgeMax) {
    return S3Fail(
        "AccessDenied", 403,
        fmt::format("The signature of '{}' is not valid now: it is from 15 minutes before "
                    "to 7 days after.",
                    text));
  }
  return {};
}

Result<std::shared_ptr<const AccessKey>> Version4(const PostForm& form,
                                                  const Identities& identities,
                                                  std::string_view region, Identities::Time now) {
  const auto algorithm = Need(form, "x-amz-algorithm", "X-Amz-Algorithm");
  if (!algorithm) return std::unexpected(algorithm.error());
  if (*algorithm != kAlgorithm) {
    return InvalidArgument(fmt::format("X-Amz-Algorithm only supports \"{}\", not '{}'", kAlgorithm,
                                       algorithm->substr(0, 64)));
  }
  const auto text = Need(form, "x-amz-credential", "X-Amz-Credential");
  if (!text) return std::unexpected(text.error());
  const auto date = Need(form, "x-amz-date", "X-Amz-Date");
  if (!date) return std::unexpected(date.error());
  const auto signature = Need(form, "x-amz-signature", "X-Amz-Signature");
  if (!signature) return std::unexpected(signature.error());
  const auto credential = ReadCredential(*text);
  if (!credential) return std::unexpected(credential.error());
  if (auto ok = CheckTime(*date, now); !ok) return std::unexpected(ok.error());
  if (auto ok = CheckScope(*credential, date->substr(0, 8), region); !ok) {
    return std::unexpected(ok.error());
  }
  auto key = FindKey(form, identities, credential->key_id, now);
  if (!key) return key;
  const auto signing_key = sigv4::MakeSigningKey((*key)->secret, credential->date,
                                                 credential->region, credential->service);
  const auto expected =
      sigv4::HexOf(sigv4::HmacOf(sigv4::BytesOf(signing_key), *form.Find("policy")));
  return Compared(std::move(*key), expected, *signature);
}

Result<std::shared_ptr<const AccessKey>> Version2(const PostForm& form,
                                                  const Identities& identities,
                                                  Identities::Time now) {
  const auto id = Need(form, "awsaccesskeyid", "AWSAccessKeyId");
  if (!id) return std::unexpected(id.error());
  const auto signature = Need(form, "signature", "Signature");
  if (!signature) return std::unexpected(signature.error());
  auto key = FindKey(form, identities, *id, now);
  if (!key) return key;
  const std::string_view policy = *form.Find("policy");
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int bytes = 0;
  HMAC(EVP_sha1(), (*key)->secret.data(), static_cast<int>((*key)->secret.size()),
       reinterpret_cast<const unsigned char*>(policy.data()), policy.size(), mac.data(), &bytes);
  std::string expected;
  AppendBase64(expected, {reinterpret_cast<const char*>(mac.data()), bytes});
  return Compared(std::move(*key), expected, *signature);
}

}  // namespace

Result<std::shared_ptr<const AccessKey>> SignerOf(const PostForm& form,
                                                  const Identities& identities,
                                                  std::string_view region, Identities::Time now) {
  const bool version_2 = form.Find("awsaccesskeyid") || form.Find("signature");
  return version_2 ? Version2(form, identities, now) : Version4(form, identities, region, now);
}

}  // namespace bedplate::services::s3
