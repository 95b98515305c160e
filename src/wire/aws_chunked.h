// The aws-chunked content encoding: a body cut into chunks that may each be signed, with trailing
// headers that may be signed too.
//
//   <hex length>[;chunk-signature=<64 hex>]\r\n <bytes>\r\n   ... the last chunk has length 0
//   <name>:<value>\r\n   ... trailing headers, with x-amz-trailer-signature last when signed
//   \r\n
//
// Threads: one decoder for one body.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/sigv4/auth_error.h"
#include "wire/sigv4/canonical.h"
#include "wire/sigv4/chunk_signature.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/payload.h"

namespace bedplate::wire {

class AwsChunkedDecoder {
 public:
  // Bounds on what an outsider can make us keep besides the payload.
  static constexpr size_t kLineBytesMax = 4096;
  static constexpr size_t kTrailersMax = 16;

  struct Options {
    sigv4::PayloadKind kind;      // one for which Payload::chunked() holds
    uint64_t decoded_bytes;       // x-amz-decoded-content-length: more is refused, less too
    std::string trailer_names{};  // the x-amz-trailer header, "a,b"; other trailers are refused
    std::optional<sigv4::ChunkSignatures> signatures{};  // where chunks are signed
  };
  explicit AwsChunkedDecoder(Options options);

  // Takes encoded bytes and appends payload to `out`, at most decoded_bytes in all. A signed
  // chunk's bytes are appended before its signature is checked: do not act on any of them until
  // Finish has passed.
  // kMalformedBody when the bytes are no chunks, kInvalidSignature when a chunk is not the one
  // that was signed in this place. A decoder that has refused refuses for good.
  sigv4::AuthResult<> Push(std::string_view bytes, std::string& out);
  // Call at the end of the body: kMalformedBody when it was cut.
  sigv4::AuthResult<> Finish();

  // Trailing headers (names in lower case), after Finish; without the trailer's signature.
  const std::vector<sigv4::HeaderField>& trailers() const { return trailers_; }

 private:
  enum class State : uint8_t { kChunkHead, kData, kDataEnd, kTrailer, kEnd, kRefused };

  sigv4::AuthResult<> Step(std::string_view& bytes, std::string& out);
  // Takes a line ending in \r\n out of `bytes` into line_; false when it is not complete yet.
  sigv4::AuthResult<bool> TakeLine(std::string_view& bytes);
  sigv4::AuthResult<> ReadChunkHead();
  void TakeData(std::string_view& bytes, std::string& out);
  sigv4::AuthResult<> EndChunk();
  sigv4::AuthResult<> ReadTrailerLine();
  sigv4::AuthResult<> EndTrailer();
  sigv4::AuthResult<> Malformed(std::string message);

  Options options_;
  State state_ = State::kChunkHead;
  bool last_chunk_ = false;
  uint64_t chunk_rest_ = 0;
  uint64_t decoded_ = 0;
  std::string line_;
  std::string chunk_signature_;
  std::string trailer_signature_;
  sigv4::Sha256 chunk_hash_;
  std::vector<sigv4::HeaderField> trailers_;
};

}  // namespace bedplate::wire
