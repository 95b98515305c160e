// Event-stream frames from outside: never crash, never hold more than a frame, and what was read
// is written back as the same bytes.
#include <zlib.h>

#include <cstdlib>

#include "wire/big_endian.h"
#include "wire/event_stream.h"

using namespace bedplate::wire::event_stream;

namespace {

void RequireSameWhenWrittenBack(const Frame& frame, std::string_view bytes) {
  std::string out;
  FrameWriter writer(out);
  for (const auto& header : frame.headers) writer.TypedHeader(header.name, header.value);
  writer.Payload().append(frame.payload);
  if (!writer.Finish() || out != bytes) std::abort();
}

uint32_t Checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// A frame whose lengths and checksums are right around headers that are the fuzzer's, for it
// never guesses a checksum.
void ReadHeadersAlone(std::string_view headers) {
  std::string bytes;
  bedplate::wire::AppendBigEndian(bytes, static_cast<uint32_t>(16 + headers.size()));
  bedplate::wire::AppendBigEndian(bytes, static_cast<uint32_t>(headers.size()));
  bedplate::wire::AppendBigEndian(bytes, Checksum(bytes));
  bytes.append(headers);
  bedplate::wire::AppendBigEndian(bytes, Checksum(bytes));
  FrameDecoder decoder;
  decoder.Push(bytes);
  Frame frame;
  if (decoder.Next(frame).value_or(false)) RequireSameWhenWrittenBack(frame, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  // The first byte says in what pieces the rest arrives.
  const size_t step = 1 + data[0];
  const auto stream = input.substr(1);
  ReadHeadersAlone(stream);
  FrameDecoder decoder(4096);
  Frame frame;
  size_t taken = 0;
  for (size_t at = 0; at < stream.size(); at += step) {
    decoder.Push(stream.substr(at, step));
    for (;;) {
      const size_t before = decoder.pending_bytes();
      const auto next = decoder.Next(frame);
      if (!next) return 0;
      if (!*next) break;
      const size_t length = before - decoder.pending_bytes();
      RequireSameWhenWrittenBack(frame, stream.substr(taken, length));
      taken += length;
    }
    if (decoder.pending_bytes() > kPreludeBytes + kHeadersBytesMax + 4096 + step) std::abort();
  }
  return 0;
}
