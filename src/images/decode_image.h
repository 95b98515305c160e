// From the bytes of an image file to pixels, by the library of its format.
//
// Errors: kValidation with what is wrong, for the sender; std::bad_alloc where memory is bounded.
// Threads: pure functions. Of a file with several pictures (GIF, WebP) it is the first. What is
// transparent is shown on white. Colour profiles that a file names are not applied; which way up it
// is, is for PutUpright (orientation.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::images {

// Pixels in width and in height that are decoded.
inline constexpr uint32_t kSideMax = 8'000;

struct Picture {
  uint32_t width = 0;
  uint32_t height = 0;
  std::string rgb{};        // rows from the top, three bytes a pixel
  uint8_t orientation = 1;  // as EXIF numbers them; 1: as it stands
};

// `format` is "png", "jpeg", "gif" or "webp"; kValidation for another.
Result<Picture> DecodeImage(std::string_view format, std::string_view bytes);

Result<Picture> DecodePng(std::string_view bytes);
Result<Picture> DecodeJpeg(std::string_view bytes);
Result<Picture> DecodeGif(std::string_view bytes);
Result<Picture> DecodeWebp(std::string_view bytes);

// For the decoders: an empty picture of this size, or why there can be none.
Result<Picture> MakePicture(uint64_t width, uint64_t height);

// Puts RGBA on white; `rgba` has four bytes for each pixel of `picture`.
void PutOnWhite(std::string_view rgba, Picture& picture);

}  // namespace bedplate::images
