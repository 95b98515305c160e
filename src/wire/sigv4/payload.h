// What x-amz-content-sha256 says about the body, and so how the body is checked.
//
// Threads: pure functions.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/canonical.h"

namespace bedplate::wire::sigv4 {

enum class PayloadKind : uint8_t {
  kHashed,           // the signature covers the hash of the body, which is not told beforehand
  kHashGiven,        // ... and is told: `canonical`
  kUnsigned,         // UNSIGNED-PAYLOAD
  kEvents,           // an event stream, each event signed
  kChunks,           // aws-chunked, each chunk signed
  kChunksTrailer,    // ... and the trailer too
  kUnsignedTrailer,  // aws-chunked, nothing signed, a checksum in the trailer
};

struct Payload {
  PayloadKind kind = PayloadKind::kHashed;
  std::string_view canonical;  // what stands in the canonical request; empty for kHashed

  bool chunked() const { return kind >= PayloadKind::kChunks; }
};

// kInvalidSignature when the header is none of the values that exist. A presigned S3 URL without
// the header is unsigned: whoever made it did not know the body.
AuthResult<Payload> ReadPayload(const RequestView& request, bool presigned, PathRule rule);

// The length of the body before it was put into chunks, from x-amz-decoded-content-length.
AuthResult<uint64_t> ReadDecodedLength(const RequestView& request);

}  // namespace bedplate::wire::sigv4
