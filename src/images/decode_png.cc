// spec: PNG (ISO/IEC 15948), by libpng's simplified interface
#include <fmt/format.h>
#include <png.h>

#include "images/decode_image.h"

namespace bedplate::images {

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
  return picture;
}

}  // namespace bedplate::images
