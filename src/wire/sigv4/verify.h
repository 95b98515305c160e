// Holds a claim against what the server knows, one question a function, in the order to ask them:
// scope and time cost nothing and go first, the signature last, when the payload's hash is known.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/claim.h"
#include "wire/sigv4/digest.h"

namespace bedplate::wire::sigv4 {

// How far a client's clock may be off, either way.
inline constexpr std::chrono::minutes kClockSkewMax{5};
// The same of a client of S3.
inline constexpr std::chrono::minutes kS3ClockSkewMax{15};

// The region, service and terminator that a signature must be made for, and that the scope's date
// is that of the timestamp.
AuthResult<> CheckScope(const Claim& claim, std::string_view region, std::string_view service);

// Neither too old nor from the future; for a presigned URL, not expired.
AuthResult<> CheckTime(const Claim& claim, Seconds now);
// As S3 has it, and in its words.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, RequestTimeTooSkewed
AuthResult<> CheckTimeOfS3(const Claim& claim, Seconds now);

// Host and every x-amz-* header that is there must be signed: what a signature does not cover,
// anybody on the way could have added.
AuthResult<> CheckSignedHeaders(const Claim& claim, const RequestView& request);

// The signature itself. A refusal shows the canonical request and the string to sign that were
// expected, as AWS does, so that its sender can compare.
AuthResult<> CheckSignature(const Claim& claim, const RequestView& request,
                            std::string_view payload_hash, PathRule rule, const Digest& key);

}  // namespace bedplate::wire::sigv4
