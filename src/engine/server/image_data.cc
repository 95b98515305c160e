#include "engine/server/image_data.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/base64.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kBegin = "data:image/x-portable-pixmap;base64,";

// The number at the front, and the white space behind it, taken off.
bool TakeNumber(std::string_view& text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size()) return false;
  if (*end != ' ' && *end != '\n') return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

ImageDigest HashOf(std::string_view bytes) {
  ImageDigest digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  // Equal digests are equal images: one that was not computed must not be used.
  if (done != 1 || length != digest.size()) std::abort();
  return digest;
}

}  // namespace

Result<RgbImage> ReadImageUrl(std::string_view url) {
  if (!url.starts_with(kBegin)) {
    return Fail(Fault::kValidation,
                fmt::format("expected a data URL that begins with {}, got {}...", kBegin,
                            url.substr(0, std::min<size_t>(url.size(), 32))));
  }
  std::string bytes;
  if (!AppendFromBase64(bytes, url.substr(kBegin.size()))) {
    return Fail(Fault::kValidation, "the data is not base64");
  }
  std::string_view rest = bytes;
  RgbImage image;
  uint32_t most = 0;
  const bool begins = rest.starts_with("P6\n");
  if (begins) rest.remove_prefix(3);
  if (!begins || !TakeNumber(rest, image.width) || !TakeNumber(rest, image.height) ||
      !TakeNumber(rest, most) || most != 255) {
    return Fail(Fault::kValidation, "the data is no portable pixmap (P6, 255)");
  }
  if (image.width == 0 || image.height == 0 || image.width > kImageSideMax ||
      image.height > kImageSideMax) {
    return Fail(Fault::kValidation,
                fmt::format("an image of {} by {} pixels is not taken", image.width, image.height));
  }
  const size_t expected = size_t{image.width} * image.height * 3;
  if (rest.size() != expected) {
    return Fail(Fault::kValidation, fmt::format("an image of {} by {} pixels has {} bytes, got {}",
                                                image.width, image.height, expected, rest.size()));
  }
  image.pixels = rest;
  return image;
}

// Of the size and the digest of the pixels.
ImageDigest DigestOf(const RgbImage& image) {
  const ImageDigest pixels = HashOf(image.pixels);
  std::string all = fmt::format("{} {} ", image.width, image.height);
  all.append(pixels.begin(), pixels.end());
  return HashOf(all);
}

}  // namespace bedplate::engine
