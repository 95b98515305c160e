// aws-chunked bodies from outside, signed and not: never crash, never give more payload than was
// declared, and the pieces in which a body arrives make no difference.
#include <cstdlib>

#include "wire/aws_chunked.h"
#include "wire/sigv4/signing_key.h"

using namespace bedplate::wire;

namespace {

struct Reading {
  bool taken = false;
  std::string payload;
  std::vector<sigv4::HeaderField> trailers;
};

AwsChunkedDecoder::Options OptionsFrom(uint8_t choice) {
  constexpr sigv4::PayloadKind kKinds[] = {sigv4::PayloadKind::kUnsignedTrailer,
                                           sigv4::PayloadKind::kChunks,
                                           sigv4::PayloadKind::kChunksTrailer};
  AwsChunkedDecoder::Options options{kKinds[choice % 3], static_cast<uint64_t>(choice >> 2),
                                     "x-amz-checksum-crc32,x-amz-meta-a"};
  if (options.kind != sigv4::PayloadKind::kUnsignedTrailer) {
    static const auto key = sigv4::MakeSigningKey("secret", "20240601", "us-east-1", "s3");
    options.signatures.emplace(key, "20240601T120000Z", "20240601/us-east-1/s3/aws4_request",
                               "seed");
  }
  return options;
}

Reading Read(uint8_t choice, std::string_view body, size_t step) {
  auto options = OptionsFrom(choice);
  const uint64_t declared = options.decoded_bytes;
  AwsChunkedDecoder decoder(std::move(options));
  Reading reading;
  for (size_t at = 0; at < body.size(); at += step) {
    const bool taken = decoder.Push(body.substr(at, step), reading.payload).has_value();
    if (reading.payload.size() > declared) std::abort();
    if (!taken) return reading;
  }
  reading.taken = decoder.Finish().has_value();
  reading.trailers = decoder.trailers();
  if (reading.taken && reading.payload.size() != declared) std::abort();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = Read(data[0], body, body.size() + 1);
  const auto pieces = Read(data[0], body, 1 + data[1] % 16);
  if (whole.taken != pieces.taken) std::abort();
  if (whole.taken && (whole.payload != pieces.payload || whole.trailers != pieces.trailers)) {
    std::abort();
  }
  return 0;
}
