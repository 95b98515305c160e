#include "wire/sigv4/payload.h"

#include <algorithm>
#include <charconv>

namespace bedplate::wire::sigv4 {
namespace {

constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

bool IsHash(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

AuthResult<Payload> ReadPayload(const RequestView& request, bool presigned, PathRule rule) {
  const auto header = request.Find("x-amz-content-sha256");
  if (!header) {
    if (presigned && rule == PathRule::kAsSent) {
      return Payload{PayloadKind::kUnsigned, kUnsignedPayload};
    }
    return Payload{};
  }
  const std::string_view text = *header;
  if (IsHash(text)) return Payload{PayloadKind::kHashGiven, text};
  if (text == kUnsignedPayload) return Payload{PayloadKind::kUnsigned, text};
  if (text == "STREAMING-AWS4-HMAC-SHA256-EVENTS") return Payload{PayloadKind::kEvents, text};
  if (text == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return Payload{PayloadKind::kChunks, text};
  if (text == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    return Payload{PayloadKind::kChunksTrailer, text};
  }
  if (text == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    return Payload{PayloadKind::kUnsignedTrailer, text};
  }
  return Refuse(AuthFault::kInvalidSignature,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-EVENTS, "
                "or a valid sha256 value, not '" +
                    std::string(text.substr(0, 80)) + "'");
}

AuthResult<uint64_t> ReadDecodedLength(const RequestView& request) {
  const auto header = request.Find("x-amz-decoded-content-length");
  if (!header) {
    return Refuse(AuthFault::kIncomplete,
                  "A body in signed or checksummed chunks requires the header "
                  "'x-amz-decoded-content-length'.");
  }
  uint64_t length = 0;
  const char* const end = header->data() + header->size();
  const auto [at, error] = std::from_chars(header->data(), end, length);
  if (error != std::errc() || at != end) {
    return Refuse(AuthFault::kIncomplete,
                  "x-amz-decoded-content-length must be a number of bytes, not '" +
                      std::string(header->substr(0, 64)) + "'");
  }
  return length;
}

}  // namespace bedplate::wire::sigv4
