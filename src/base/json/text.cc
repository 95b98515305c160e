#include "base/json/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstring>
#include <string_view>

#include "base/json/reader.h"

namespace bedplate::json {
namespace {

constexpr uint64_t kHighs = 0x8080808080808080;

uint64_t Load(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// The length of the valid multi-byte sequence at `at`, or 0.
size_t SequenceLength(const char* at, const char* end) {
  const auto lead = static_cast<uint8_t>(at[0]);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || static_cast<size_t>(end - at) < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(at[i])) return 0;
  }
  const auto second = static_cast<uint8_t>(at[1]);
  if (lead == 0xE0 && second < 0xA0) return 0;   // longer than needed
  if (lead == 0xED && second >= 0xA0) return 0;  // a surrogate
  if (lead == 0xF0 && second < 0x90) return 0;   // longer than needed
  if (lead == 0xF4 && second >= 0x90) return 0;  // beyond U+10FFFF
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    while (end - at >= 8 && (Load(at) & kHighs) == 0) at += 8;
    while (at != end && static_cast<uint8_t>(*at) < 0x80) ++at;
    if (at == end) return true;
    const size_t length = SequenceLength(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

const char* FindStringStop(const char* at, const char* end) {
#ifdef __SSE2__
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i escapes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // Below 0x20 as an unsigned byte: the smaller of the byte and 0x1F is the byte itself.
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const int stops = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), controls));
    if (stops != 0) return at + std::countr_zero(static_cast<unsigned>(stops));
    at += 16;
  }
#endif
  while (at != end && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at) >= 0x20) ++at;
  return at;
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  const auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  if (code_point < 0x80) {
    out += byte(code_point);
  } else if (code_point < 0x800) {
    out += byte(0xC0 | code_point >> 6);
    out += byte(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += byte(0xE0 | code_point >> 12);
    out += byte(0x80 | (code_point >> 6 & 0x3F));
    out += byte(0x80 | (code_point & 0x3F));
  } else {
    out += byte(0xF0 | code_point >> 18);
    out += byte(0x80 | (code_point >> 12 & 0x3F));
    out += byte(0x80 | (code_point >> 6 & 0x3F));
    out += byte(0x80 | (code_point & 0x3F));
  }
}

}  // namespace bedplate::json
