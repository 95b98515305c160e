#include "images/decode_image.h"

#include <fmt/format.h>

namespace bedplate::images {

Result<Picture> DecodeImage(std::string_view format, std::string_view bytes) {
  if (format == "png") return DecodePng(bytes);
  if (format == "jpeg") return DecodeJpeg(bytes);
  if (format == "gif") return DecodeGif(bytes);
  if (format == "webp") return DecodeWebp(bytes);
  return Fail(Fault::kValidation, fmt::format("images of the format {} are not read", format));
}

Result<Picture> MakePicture(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0 || width > kSideMax || height > kSideMax) {
    return Fail(Fault::kValidation,
                fmt::format("it is {} by {} pixels, and at most {} by {} are read", width, height,
                            kSideMax, kSideMax));
  }
  return Picture{.width = static_cast<uint32_t>(width),
                 .height = static_cast<uint32_t>(height),
                 .rgb = std::string(width * height * 3, '\xFF')};
}

void PutOnWhite(std::string_view rgba, Picture& picture) {
  const auto* from = reinterpret_cast<const uint8_t*>(rgba.data());
  auto* to = reinterpret_cast<uint8_t*>(picture.rgb.data());
  const size_t pixels = size_t{picture.width} * picture.height;
  for (size_t i = 0; i < pixels; ++i, from += 4, to += 3) {
    const unsigned alpha = from[3];
    for (int channel = 0; channel < 3; ++channel) {
      to[channel] = static_cast<uint8_t>((from[channel] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
}

}  // namespace bedplate::images
