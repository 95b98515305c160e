#include "runtime/image_header.h"

#include <cstddef>

namespace bedplate::runtime {
namespace {

// Unsigned numbers at a place that was checked to be within `bytes`.
uint32_t Byte(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }
uint32_t Big16(std::string_view bytes, size_t at) {
  return Byte(bytes, at) << 8 | Byte(bytes, at + 1);
}
uint32_t Big32(std::string_view bytes, size_t at) {
  return Big16(bytes, at) << 16 | Big16(bytes, at + 2);
}
uint32_t Little16(std::string_view bytes, size_t at) {
  return Byte(bytes, at) | Byte(bytes, at + 1) << 8;
}
uint32_t Little24(std::string_view bytes, size_t at) {
  return Little16(bytes, at) | Byte(bytes, at + 2) << 16;
}

std::optional<ImageSize> PngSize(std::string_view bytes) {
  if (bytes.size() < 24 || !bytes.starts_with("\x89PNG\r\n\x1a\n") ||
      bytes.substr(12, 4) != "IHDR") {
    return std::nullopt;
  }
  return ImageSize{.width = Big32(bytes, 16), .height = Big32(bytes, 20)};
}

std::optional<ImageSize> GifSize(std::string_view bytes) {
  if (bytes.size() < 10 || !(bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a"))) {
    return std::nullopt;
  }
  return ImageSize{.width = Little16(bytes, 6), .height = Little16(bytes, 8)};
}

// SOF0 to SOF15, less the three that are no frame headers.
bool IsFrameHeader(uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<ImageSize> JpegSize(std::string_view bytes) {
  if (!bytes.starts_with("\xFF\xD8\xFF")) return std::nullopt;
  size_t at = 2;
  while (at + 4 <= bytes.size() && Byte(bytes, at) == 0xFF) {
    const uint32_t marker = Byte(bytes, at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    const size_t length = Big16(bytes, at + 2);
    if (IsFrameHeader(marker)) {
      if (at + 9 > bytes.size()) return std::nullopt;
      return ImageSize{.width = Big16(bytes, at + 7), .height = Big16(bytes, at + 5)};
    }
    if (length < 2 || marker == 0xDA) return std::nullopt;  // the scan, and no frame before it
    at += 2 + length;
  }
  return std::nullopt;
}

std::optional<ImageSize> WebpSize(std::string_view bytes) {
  if (bytes.size() < 30 || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WEBP") {
    return std::nullopt;
  }
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8X") {
    return ImageSize{.width = Little24(bytes, 24) + 1, .height = Little24(bytes, 27) + 1};
  }
  if (chunk == "VP8L" && Byte(bytes, 20) == 0x2F) {
    const uint32_t low = Little16(bytes, 21);
    const uint32_t high = Little16(bytes, 23);
    return ImageSize{.width = (low & 0x3FFF) + 1, .height = (low >> 14 | (high & 0xFFF) << 2) + 1};
  }
  if (chunk == "VP8 " && bytes.substr(23, 3) == "\x9D\x01\x2A") {
    return ImageSize{.width = Little16(bytes, 26) & 0x3FFF, .height = Little16(bytes, 28) & 0x3FFF};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ImageSize> ReadImageSize(std::string_view format, std::string_view bytes) {
  std::optional<ImageSize> size;
  if (format == "png") size = PngSize(bytes);
  if (format == "jpeg") size = JpegSize(bytes);
  if (format == "gif") size = GifSize(bytes);
  if (format == "webp") size = WebpSize(bytes);
  if (size && (size->width == 0 || size->height == 0)) return std::nullopt;
  return size;
}

}  // namespace bedplate::runtime
