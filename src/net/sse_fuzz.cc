// Any bytes, in any fragmentation, give the same server-sent events, and no crash.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/sse.h"

namespace {

using namespace bedplate::net;

std::string Read(std::string_view bytes, std::string_view cut) {
  SseParser parser(1'000);
  std::string seen;
  for (size_t piece = 0; !bytes.empty(); ++piece) {
    const size_t size = std::min(
        bytes.size(), cut.empty() ? bytes.size()
                                  : size_t{1} + static_cast<uint8_t>(cut[piece % cut.size()]) % 32);
    // A copy that is freed: a view kept too long is found by the sanitizers.
    const std::string part(bytes.substr(0, size));
    bytes.remove_prefix(size);
    parser.Feed(part);
    for (;;) {
      const auto event = parser.Next();
      if (!event) return seen + "|failed";
      if (!*event) break;
      seen.append((*event)->name).append("|").append((*event)->data).append("|");
      seen.append((*event)->id).append("\n");
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (Read(input.substr(3), "") != Read(input.substr(3), input.substr(0, 3))) std::abort();
  return 0;
}
