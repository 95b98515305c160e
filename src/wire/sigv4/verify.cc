#include "wire/sigv4/verify.h"

#include <algorithm>

namespace bedplate::wire::sigv4 {
namespace {

auto Invalid(std::string message) {
  return Refuse(AuthFault::kInvalidSignature, std::move(message));
}

void Say(std::string& out, std::initializer_list<std::string_view> parts) {
  if (!out.empty()) out.push_back(' ');
  for (const auto part : parts) out.append(part);
}

AuthResult<> Expired(const Claim& claim, Seconds now, std::chrono::seconds lifetime) {
  const std::string minutes =
      std::to_string(std::chrono::duration_cast<std::chrono::minutes>(lifetime).count());
  return Invalid("Signature expired: " + claim.timestamp + " is now earlier than " +
                 BasicTime(now - lifetime) + " (" + BasicTime(now) + " - " + minutes + " min.)");
}

}  // namespace

AuthResult<> CheckScope(const Claim& claim, std::string_view region, std::string_view service) {
  std::string wrong;
  if (claim.terminator != kTerminator) {
    Say(wrong, {"Credential should be scoped with a valid terminator: '", kTerminator, "', not '",
                claim.terminator, "'."});
  }
  if (claim.region != region) {
    Say(wrong, {"Credential should be scoped to a valid region: '", region, "', not '",
                claim.region, "'."});
  }
  if (claim.service != service) {
    Say(wrong, {"Credential should be scoped to correct service: '", service, "', not '",
                claim.service, "'."});
  }
  const auto day = std::string_view(claim.timestamp).substr(0, 8);
  if (claim.date != day) {
    Say(wrong, {"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                "from HTTP: '",
                claim.date, "' != '", day, "', from '", claim.timestamp, "'."});
  }
  if (wrong.empty()) return {};
  return Invalid(std::move(wrong));
}

AuthResult<> CheckTime(const Claim& claim, Seconds now) {
  if (claim.time > now + kClockSkewMax) {
    return Invalid("Signature not yet current: " + claim.timestamp + " is still later than " +
                   BasicTime(now + kClockSkewMax) + " (" + BasicTime(now) + " + 5 min.)");
  }
  const std::chrono::seconds lifetime =
      claim.presigned ? std::chrono::seconds(claim.expires_s) : kClockSkewMax;
  if (claim.time < now - lifetime) return Expired(claim, now, lifetime);
  return {};
}

AuthResult<> CheckTimeOfS3(const Claim& claim, Seconds now) {
  if (claim.presigned) {
    if (claim.time > now + kS3ClockSkewMax) {
      return Refuse(AuthFault::kAccessDenied, "Request is not valid yet: X-Amz-Date is " +
                                                  claim.timestamp + ", and it is " +
                                                  BasicTime(now));
    }
    if (claim.time + std::chrono::seconds(claim.expires_s) < now) {
      return Refuse(AuthFault::kAccessDenied,
                    "Request has expired: X-Amz-Date is " + claim.timestamp + ", X-Amz-Expires " +
                        std::to_string(claim.expires_s) + " s, and it is " + BasicTime(now));
    }
    return {};
  }
  if (claim.time <= now + kS3ClockSkewMax && claim.time >= now - kS3ClockSkewMax) return {};
  return Refuse(AuthFault::kTimeTooSkewed,
                "The difference between the request time and the current time is too large: the "
                "request is of " +
                    claim.timestamp + ", it is " + BasicTime(now) +
                    ", and 15 minutes are the most.");
}

AuthResult<> CheckSignedHeaders(const Claim& claim, const RequestView& request) {
  const auto is_signed = [&claim](std::string_view name) {
    return std::ranges::binary_search(claim.signed_headers, name);
  };
  if (!is_signed("host") && !is_signed(":authority")) {
    return Invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  std::string unsigned_names;
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-") && !is_signed(name)) {
      unsigned_names.append(unsigned_names.empty() ? "" : ", ").append(name);
    }
  }
  if (unsigned_names.empty()) return {};
  return Refuse(
      AuthFault::kAccessDenied,
      "There were headers present in the request which were not signed: " + unsigned_names);
}

AuthResult<> CheckSignature(const Claim& claim, const RequestView& request,
                            std::string_view payload_hash, PathRule rule, const Digest& key) {
  const std::string canonical = CanonicalRequest(request, claim.signed_headers, payload_hash, rule);
  const std::string to_sign = StringToSign(claim.timestamp, claim.scope, canonical);
  const std::string expected = HexOf(HmacOf(BytesOf(key), to_sign));
  if (EqualInConstantTime(expected, claim.signature)) return {};
  return Invalid(
      "The request signature we calculated does not match the signature you provided. Check your "
      "AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n"
      "The Canonical String for this request should have been\n'" +
      canonical + "'\n\nThe String-to-Sign should have been\n'" + to_sign + "'\n");
}

}  // namespace bedplate::wire::sigv4
