#include "gateway/signing_keys.h"

#include "wire/sigv4/signing_key.h"

namespace bedplate::gateway {

const wire::sigv4::Digest& SigningKeyFor(std::string_view secret, const wire::sigv4::Claim& claim) {
  thread_local wire::sigv4::SigningKeyCache keys;
  return keys.Get(secret, claim.date, claim.region, claim.service);
}

}  // namespace bedplate::gateway
