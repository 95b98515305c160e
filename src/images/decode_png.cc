// spec: PNG (ISO/IEC 15948), by libpng's simplified interface; PNG 3, 11.3.3.6 eXIf
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cstddef>

#include "images/decode_image.h"
#include "images/orientation.h"

namespace bedplate::images {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkHeadBytes = 8;
constexpr size_t kChecksumBytes = 4;

// Of the first chunk of EXIF data, which the simplified interface does not give out.
std::string_view ExifOf(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.size(), kSignatureBytes));
  while (bytes.size() >= kChunkHeadBytes) {
    size_t length = 0;
    for (const char byte : bytes.substr(0, 4)) length = length << 8 | static_cast<uint8_t>(byte);
    const std::string_view type = bytes.substr(4, 4);
    bytes.remove_prefix(kChunkHeadBytes);
    if (bytes.size() < length + kChecksumBytes) break;
    if (type == "eXIf") return bytes.substr(0, length);
    bytes.remove_prefix(length + kChecksumBytes);
  }
  return {};
}

}  // namespace

Result<Picture> DecodePng(std::string_view bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    return Fail(Fault::kValidation, fmt::format("it is no PNG file ({})", image.message));
  }
  auto picture = MakePicture(image.width, image.height);
  if (!picture) {
    png_image_free(&image);
    return picture;
  }
  image.format = PNG_FORMAT_RGB;
  const png_color white{.red = 255, .green = 255, .blue = 255};
  if (png_image_finish_read(&image, &white, picture->rgb.data(), 0, nullptr) == 0 ||
      PNG_IMAGE_FAILED(image)) {
    return Fail(Fault::kValidation, fmt::format("it is damaged or cut off ({})", image.message));
  }
  picture->orientation = OrientationOf(ExifOf(bytes));
  return picture;
}

}  // namespace bedplate::images
