// The signing keys that this thread used last.
#pragma once

#include <string_view>

#include "wire/sigv4/claim.h"
#include "wire/sigv4/digest.h"

namespace bedplate::gateway {

// The key of the claim's day, region and service. Only for the secret of a key that exists.
// Valid until the thread's next call.
const wire::sigv4::Digest& SigningKeyFor(std::string_view secret, const wire::sigv4::Claim& claim);

}  // namespace bedplate::gateway
