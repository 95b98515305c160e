#include "images/orientation.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace bedplate::images {
namespace {

constexpr std::string_view kMark("Exif\0\0", 6);
constexpr uint16_t kTagOrientation = 0x0112;
constexpr uint16_t kTypeShort = 3;
constexpr size_t kEntryBytes = 12;

// Numbers of TIFF data, in the order of bytes that it says.
class Tiff {
 public:
  static std::optional<Tiff> Open(std::string_view bytes) {
    if (bytes.starts_with(kMark)) bytes.remove_prefix(kMark.size());
    const bool little = bytes.starts_with(std::string_view("II*\0", 4));
    if (!little && !bytes.starts_with(std::string_view("MM\0*", 4))) return std::nullopt;
    return Tiff(bytes, little);
  }

  std::optional<uint32_t> Number(size_t at, size_t length) const {
    if (at > bytes_.size() || bytes_.size() - at < length) return std::nullopt;
    uint32_t number = 0;
    for (size_t i = 0; i < length; ++i) {
      const size_t place = little_ ? at + length - 1 - i : at + i;
      number = number << 8 | static_cast<uint8_t>(bytes_[place]);
    }
    return number;
  }

 private:
  Tiff(std::string_view bytes, bool little) : bytes_(bytes), little_(little) {}

  std::string_view bytes_;
  bool little_;
};

// Where a pixel of an upright picture stands in the picture as it was stored: the place of the
// first one, and how far apart those of a row and of a column are.
struct Walk {
  ptrdiff_t first;
  ptrdiff_t right;
  ptrdiff_t down;
};

Walk WalkOf(uint8_t orientation, ptrdiff_t width, ptrdiff_t height) {
  const ptrdiff_t last_column = width - 1;
  const ptrdiff_t last_row = (height - 1) * width;
  switch (orientation) {
    case 2:
      return {.first = last_column, .right = -1, .down = width};
    case 3:
      return {.first = last_row + last_column, .right = -1, .down = -width};
    case 4:
      return {.first = last_row, .right = 1, .down = -width};
    case 5:
      return {.first = 0, .right = width, .down = 1};
    case 6:
      return {.first = last_row, .right = -width, .down = 1};
    case 7:
      return {.first = last_row + last_column, .right = -width, .down = -1};
    case 8:
      return {.first = last_column, .right = width, .down = -1};
    default:
      return {.first = 0, .right = 1, .down = width};
  }
}

}  // namespace

uint8_t OrientationOf(std::string_view exif) {
  const auto tiff = Tiff::Open(exif);
  if (!tiff) return 1;
  const auto directory = tiff->Number(4, 4);
  if (!directory) return 1;
  const auto count = tiff->Number(*directory, 2);
  // As many as the data holds at most: a count has 16 bits.
  for (size_t i = 0; count && i < *count; ++i) {
    const size_t entry = size_t{*directory} + 2 + i * kEntryBytes;
    const auto tag = tiff->Number(entry, 2);
    if (!tag) return 1;
    if (*tag != kTagOrientation) continue;
    const auto type = tiff->Number(entry + 2, 2);
    const auto values = tiff->Number(entry + 4, 4);
    const auto value = tiff->Number(entry + 8, 2);
    const bool known = type == kTypeShort && values == 1 && value && *value >= 1 && *value <= 8;
    return known ? static_cast<uint8_t>(*value) : 1;
  }
  return 1;
}

Picture PutUpright(Picture picture) {
  if (picture.orientation == 1) return picture;
  const bool turned = picture.orientation >= 5;
  Picture upright{.width = turned ? picture.height : picture.width,
                  .height = turned ? picture.width : picture.height,
                  .rgb = std::string(picture.rgb.size(), '\0')};
  const Walk walk = WalkOf(picture.orientation, picture.width, picture.height);
  char* to = upright.rgb.data();
  for (ptrdiff_t y = 0; y < upright.height; ++y) {
    const char* from = picture.rgb.data() + (walk.first + y * walk.down) * 3;
    for (ptrdiff_t x = 0; x < upright.width; ++x) {
      to = std::copy_n(from + x * walk.right * 3, 3, to);
    }
  }
  return upright;
}

}  // namespace bedplate::images
