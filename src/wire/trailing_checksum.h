// The checksum of a body that comes behind it, as a trailing header x-amz-checksum-<algorithm>.
//
// Errors: kMalformedBody, in AWS's words. Threads: an object serves one body.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/canonical.h"

namespace bedplate::wire {

class ChecksumHash;  // one algorithm over bytes that arrive in pieces

class TrailingChecksum {
 public:
  // What the x-amz-trailer header announces ("a,b"; may be empty): at most one checksum, of an
  // algorithm that AWS has: CRC32, CRC32C, CRC64NVME, SHA1 or SHA256.
  static sigv4::AuthResult<TrailingChecksum> Announced(std::string_view trailer_names);
  TrailingChecksum(TrailingChecksum&&) noexcept;
  ~TrailingChecksum();

  // The next bytes of the decoded body.
  void Update(std::string_view bytes);
  // At the end: whether the trailer has what was announced and the body is the one it was made of.
  // Trailing headers come with names in lower case.
  sigv4::AuthResult<> Check(const std::vector<sigv4::HeaderField>& trailers);

 private:
  TrailingChecksum() = default;

  std::string header_;                  // "x-amz-checksum-crc32"; empty when none is announced
  std::string_view algorithm_;          // "CRC32"
  std::unique_ptr<ChecksumHash> hash_;  // null when none is announced
};

}  // namespace bedplate::wire
