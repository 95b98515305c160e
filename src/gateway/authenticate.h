// Finds out who sent a request: by a bearer key, or by a signature, whose proof is complete only
// with the body when the signature covers the body's hash and does not tell it.
//
// Threads: any reactor; signing keys are kept for each thread.
#pragma once

#include <string>
#include <string_view>

#include "gateway/passage.h"
#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::gateway {

struct AuthenticationOptions {
  std::string_view region;
  const account::Identities& identities;
};

// Sets passage.principal, access_key and bearer, and for a signed request passage.proof. A
// signature that can be checked without the body has been, then. Lets through whoever has no proof
// where the operation asks for none, or is not known yet.
wire::sigv4::AuthResult<> Authenticate(Passage& passage, const AuthenticationOptions& options,
                                       wire::sigv4::Seconds now);

// kMissingToken for nobody, once the operation is known, unless it asks for no proof.
wire::sigv4::AuthResult<> RequireCaller(const Passage& passage);

// Checks a signature that had to wait for the body. Nothing to do for the others.
wire::sigv4::AuthResult<> CheckProofWithBody(const Passage& passage,
                                             const wire::sigv4::Digest& body_hash);

// The refusal as the services answer it.
wire::WireError ToWireError(wire::sigv4::AuthError error);

}  // namespace bedplate::gateway
