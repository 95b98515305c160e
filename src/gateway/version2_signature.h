// URLs signed with version 2 of Amazon's signatures, which SDKs still make for S3 where a region
// has it.
//
// Threads: pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/passage.h"
#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::gateway {

struct Version2Claim {
  std::string access_key_id;
  std::string signature;       // base64
  std::string security_token;  // or empty
  int64_t expires_at_s = 0;
};

// Nothing when the query holds none; kIncomplete when it cannot be read.
wire::sigv4::AuthResult<std::optional<Version2Claim>> ReadVersion2Claim(const Passage& passage);

// Whether it has not expired, and is that of the request by the owner of `secret`. `bucket` is that
// of the host, or empty.
wire::sigv4::AuthResult<> CheckVersion2(const Version2Claim& claim, const Passage& passage,
                                        std::string_view bucket, std::string_view secret,
                                        wire::sigv4::Seconds now);

}  // namespace bedplate::gateway
