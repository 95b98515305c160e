#include "engine/text/utf8_gate.h"

#include <cstddef>
#include <cstdint>

namespace bedplate::engine {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Scan {
  size_t bytes;     // how many bytes belong together
  bool whole;       // they are a character
  bool unfinished;  // they are the start of one, and the text ends there
};

// Looks at the character or broken part at the front of `text`, which is not empty.
// spec: Unicode 15 table 3-7 (well-formed byte sequences)
Scan ScanFront(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {.bytes = 1, .whole = true, .unfinished = false};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {.bytes = 1, .whole = false, .unfinished = false};
  for (size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {.bytes = i, .whole = false, .unfinished = true};
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) low = 0xA0;   // shorter forms exist
      if (lead == 0xED) high = 0x9F;  // surrogates
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;  // beyond U+10FFFF
    }
    if (byte(i) < low || byte(i) > high) return {.bytes = i, .whole = false, .unfinished = false};
  }
  return {.bytes = length, .whole = true, .unfinished = false};
}

}  // namespace

void Utf8Gate::Feed(std::string_view bytes, std::string& out) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::move(held_);
    held_.clear();
    joined.append(bytes);
    bytes = joined;
  }
  while (!bytes.empty()) {
    const Scan scan = ScanFront(bytes);
    if (scan.unfinished) {
      held_ = bytes;
      return;
    }
    out.append(scan.whole ? bytes.substr(0, scan.bytes) : kReplacement);
    bytes.remove_prefix(scan.bytes);
  }
}

}  // namespace bedplate::engine
