// Short-term Bedrock API keys: a bearer key that a client makes itself from its access key, with
// AWS's token generators. It is the base64 of a presigned call that is never made, and lets its
// bearer do what the access key may until it expires, twelve hours at most.
//
// Threads: pure functions; signing keys are kept for each thread.
// spec: docs.aws.amazon.com/bedrock/latest/userguide/api-keys-generate.html
#pragma once

#include <memory>
#include <string_view>

#include "account/identity/identities.h"
#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::gateway {

struct AuthenticationOptions;

bool IsShortTermKey(std::string_view bearer_key);

// The access key that made it. kAccessDenied otherwise; the message tells an expired key from a
// wrong one and nothing more.
wire::sigv4::AuthResult<std::shared_ptr<const account::AccessKey>> MakerOfShortTermKey(
    std::string_view bearer_key, const AuthenticationOptions& options, wire::sigv4::Seconds now);

}  // namespace bedplate::gateway
