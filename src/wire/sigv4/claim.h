// What a request says about who signed it: read from the Authorization header or from the query
// of a presigned URL, checked for form alone.
//
// Threads: pure functions.
// spec: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/canonical.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::wire::sigv4 {

// The views point into the request or into the claim's own memory; a moved claim stays valid.
struct Claim {
  Claim() = default;
  Claim(Claim&&) = default;
  Claim& operator=(Claim&&) = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  bool presigned = false;
  std::string_view access_key_id;
  std::string_view scope;  // the next four, as sent: "20150830/us-east-1/bedrock/aws4_request"
  std::string_view date;
  std::string_view region;
  std::string_view service;
  std::string_view terminator;
  std::vector<std::string_view> signed_headers;  // sorted, each once
  std::string_view signature;
  std::string timestamp;  // "20150830T123600Z"
  Seconds time{};
  int expires_s = 0;  // presigned only
  std::string_view security_token;

  std::vector<char> decoded;  // memory of what had to be decoded
};

// nullopt when nothing in the request looks like a signature of version 4. kIncomplete when
// something does and cannot be read; the message names the part.
AuthResult<std::optional<Claim>> ReadClaim(const RequestView& request);

// True when the request has an Authorization header or a query of a presigned URL, readable or
// not.
bool HasClaim(const RequestView& request);

}  // namespace bedplate::wire::sigv4
