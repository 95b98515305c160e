// Signs requests: for upstreams that are Amazon Bedrock itself and for our own tools.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/sigv4/canonical.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::wire::sigv4 {

struct SigningIdentity {
  std::string_view access_key_id;
  std::string_view secret;
  std::string_view session_token;  // empty for long-term credentials
  std::string_view region;
  std::string_view service;
};

// The headers to add to the request: x-amz-date, x-amz-security-token where there is a token,
// authorization. Signs every header of `request` (its host may come from request.host) except
// those that hops on the way rewrite. `payload_hash` is the hex SHA-256 of the body, or one of the
// constants that x-amz-content-sha256 takes; add that header to the request yourself if the
// service wants it.
std::vector<HeaderField> SignRequest(const SigningIdentity& identity, const RequestView& request,
                                     std::string_view payload_hash, Seconds now,
                                     PathRule rule = PathRule::kEncodeAgain);

// The query of a presigned URL, complete with request.query and the signature. Signs the host
// alone. `payload_hash` as the service expects it: kHashOfNothing, or UNSIGNED-PAYLOAD for S3.
std::string PresignQuery(const SigningIdentity& identity, const RequestView& request,
                         std::string_view payload_hash, Seconds now, int expires_s,
                         PathRule rule = PathRule::kEncodeAgain);

}  // namespace bedplate::wire::sigv4
