// The size of an image, read from the head of its file. No pixel is decoded: that is left to
// a process of its own.
//
// Threads: pure functions. Work is bounded by the head, memory is none.
// spec: PNG (ISO/IEC 15948) 11.2.2, GIF89a 18, JPEG (ISO/IEC 10918-1) B.2.2, WebP (RFC
// 9649) 2.4-2.7
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bedplate::runtime {

struct ImageSize {
  uint32_t width = 0;  // pixels; never 0
  uint32_t height = 0;
};

// `format` is "png", "jpeg", "gif" or "webp". Nothing when `bytes` do not begin as such a file
// does.
std::optional<ImageSize> ReadImageSize(std::string_view format, std::string_view bytes);

}  // namespace bedplate::runtime
