// Any bytes, in any fragmentation, give the same requests and the same verdict, and no crash.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http1/request_parser.h"

namespace {

using namespace bedplate::net;
using http1::ParseStep;

constexpr std::string_view kLinesEnd = "\r\n\r\n";

// What a connection sees: heads and bodies of all requests, and how it ends. `cut` gives the sizes
// of the pieces, one byte each, over and over.
std::string Read(std::string_view bytes, std::string_view cut) {
  http1::RequestParser parser(
      {.header_bytes_max = 4'096, .header_count_max = 20, .body_bytes_max = 100'000});
  Request request;
  std::string seen;
  std::string input;
  bool in_head = true;
  parser.Begin(request);
  // Only a head or trailer that has its end has a verdict for certain: what is wrong with one may
  // be said before that, so that nonsense is refused at once.
  bool completed = false;
  for (size_t piece = 0; !bytes.empty(); ++piece) {
    const size_t size =
        cut.empty() ? bytes.size() : 1 + static_cast<uint8_t>(cut[piece % cut.size()]);
    input.append(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    for (;;) {
      size_t consumed = 0;
      std::string_view chunk;
      const auto step =
          in_head ? parser.ParseHead(input, consumed) : parser.ParseBody(input, consumed, chunk);
      if (consumed > input.size()) std::abort();
      if (step == ParseStep::kFailed) {
        return seen + (parser.failure().status == 431 ? "|too long" : "|refused");
      }
      seen.append(chunk);
      input.erase(0, consumed);
      if (step == ParseStep::kNeedMore) break;
      if (step == ParseStep::kChunk) continue;
      if (in_head) {
        seen.append(request.method).append(" ").append(request.target).append(request.authority);
        for (const auto& [name, value] : request.headers) seen.append(name).append(value);
        seen.append(parser.http2_settings().value_or(""));
        in_head = false;
      }
      if (parser.body_done()) {
        seen.push_back('\n');
        parser.Begin(request);
        in_head = true;
        if (input.empty()) break;
      }
    }
    if (bytes.empty() && !completed) {
      bytes = kLinesEnd;
      completed = true;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = input.substr(0, 3);
  const auto bytes = input.substr(3);
  const auto whole = Read(bytes, "");
  const auto pieces = Read(bytes, cut);
  // Of several faults in one head any may be the one that is named; a head that is too long is
  // refused where that shows first, before or after what else is wrong with it.
  const bool limits_met = whole.ends_with("|too long") || pieces.ends_with("|too long");
  if (whole != pieces && !limits_met) std::abort();
  return 0;
}
