#include "images/jpeg_segments.h"

#include <cstdint>

namespace bedplate::images {
namespace {

constexpr std::string_view kExifMark("Exif\0\0", 6);

constexpr uint8_t kEnd = 0xD9;
constexpr uint8_t kStartOfScan = 0xDA;
constexpr uint8_t kApplication1 = 0xE1;

// Markers without a length: restarts, the beginning of an image, and one for private use.
bool StandsAlone(uint8_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8); }

// Where the next marker's byte behind 0xFF is, from `at` on; the end when there is none. Entropy
// coded data, where 0xFF is followed by 0 or a restart, has none.
size_t NextMarker(std::string_view bytes, size_t at) {
  while (true) {
    at = bytes.find('\xFF', at);
    if (at == std::string_view::npos) return bytes.size();
    at = bytes.find_first_not_of('\xFF', at);
    if (at == std::string_view::npos) return bytes.size();
    const auto marker = static_cast<uint8_t>(bytes[at]);
    if (marker != 0 && !(marker >= 0xD0 && marker <= 0xD7)) return at;
  }
}

}  // namespace

JpegSegments FindJpegSegments(std::string_view bytes) {
  JpegSegments found;
  for (size_t at = NextMarker(bytes, 0); at < bytes.size(); at = NextMarker(bytes, at)) {
    const auto marker = static_cast<uint8_t>(bytes[at++]);
    if (marker == kEnd) break;
    if (StandsAlone(marker)) continue;
    if (bytes.size() - at < 2) break;
    const size_t length =
        size_t{static_cast<uint8_t>(bytes[at])} << 8 | static_cast<uint8_t>(bytes[at + 1]);
    if (length < 2 || bytes.size() - at < length) break;
    const std::string_view data = bytes.substr(at + 2, length - 2);
    if (marker == kStartOfScan) ++found.scans;
    if (marker == kApplication1 && found.exif.empty() && data.starts_with(kExifMark)) {
      found.exif = data;
    }
    at += length;
  }
  return found;
}

}  // namespace bedplate::images
