// Any bytes from an upstream, in any fragmentation, give the same answer, and no crash.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http1/response_parser.h"

namespace {

using namespace bedplate::net;
using http1::ParseStep;

constexpr std::string_view kLinesEnd = "\r\n\r\n";

std::string Read(std::string_view bytes, std::string_view cut, bool answers_head) {
  http1::ResponseParser parser(
      {.header_bytes_max = 4'096, .header_count_max = 20, .body_bytes_max = 100'000});
  parser.Begin(answers_head);
  std::string seen;
  std::string input;
  bool in_head = true;
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
        const int status = parser.failure().status;
        return seen + (status == 431 || status == 413 ? "|too long" : "|refused");
      }
      seen.append(chunk);
      input.erase(0, consumed);
      if (step == ParseStep::kNeedMore) break;
      if (step == ParseStep::kChunk) continue;
      if (!in_head) return seen + "|end";
      in_head = false;
      seen.append(std::to_string(parser.status()));
      for (const auto& [name, value] : parser.headers()) seen.append(name).append(value);
      if (parser.body_done()) return seen + "|end";
    }
    if (bytes.empty() && !completed) {
      bytes = kLinesEnd;
      completed = true;
    }
  }
  return seen + (parser.ParseEnd() == ParseStep::kDone ? "|end" : "|cut");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const bool answers_head = (data[0] & 1) != 0;
  const auto whole = Read(input.substr(3), "", answers_head);
  const auto pieces = Read(input.substr(3), input.substr(0, 3), answers_head);
  const bool limits_met = whole.ends_with("|too long") || pieces.ends_with("|too long");
  if (whole != pieces && !limits_met) std::abort();
  return 0;
}
