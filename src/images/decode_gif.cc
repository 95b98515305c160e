// spec: GIF89a, by giflib
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "images/decode_image.h"

namespace bedplate::images {
namespace {

// Interlaced rows: where each pass begins, and how far apart its rows are.
constexpr std::array kPassBegin = {0, 4, 2, 1};
constexpr std::array kPassStep = {8, 8, 4, 2};

struct Close {
  void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
};
using File = std::unique_ptr<GifFileType, Close>;

int ReadSome(GifFileType* file, GifByteType* into, int wanted) {
  auto& rest = *static_cast<std::string_view*>(file->UserData);
  const size_t count = std::min(rest.size(), static_cast<size_t>(std::max(wanted, 0)));
  std::memcpy(into, rest.data(), count);
  rest.remove_prefix(count);
  return static_cast<int>(count);
}

Result<Picture> Damaged(const GifFileType& file) {
  const char* reason = GifErrorString(file.Error);
  return Fail(Fault::kValidation, fmt::format("it is damaged or cut off ({})",
                                              reason == nullptr ? "no picture in it" : reason));
}

// Before the first picture; -1 where no colour of it is transparent.
bool ReadExtension(GifFileType* file, int& transparent) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(file, &code, &block) == GIF_ERROR) return false;
  while (block != nullptr) {
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == 1) {
      transparent = control.TransparentColor;
    }
    if (DGifGetExtensionNext(file, &block) == GIF_ERROR) return false;
  }
  return true;
}

void PaintRow(std::span<const GifPixelType> row, const ColorMapObject& colours, int transparent,
              const GifImageDesc& place, int y, Picture& picture) {
  const int64_t to_y = int64_t{place.Top} + y;
  if (to_y < 0 || to_y >= picture.height) return;
  for (size_t x = 0; x < row.size(); ++x) {
    const int64_t to_x = int64_t{place.Left} + static_cast<int64_t>(x);
    if (to_x < 0 || to_x >= picture.width) continue;
    if (row[x] == transparent || row[x] >= colours.ColorCount) continue;
    const GifColorType& colour = colours.Colors[row[x]];
    char* to =
        &picture.rgb[(static_cast<size_t>(to_y) * picture.width + static_cast<size_t>(to_x)) * 3];
    to[0] = static_cast<char>(colour.Red);
    to[1] = static_cast<char>(colour.Green);
    to[2] = static_cast<char>(colour.Blue);
  }
}

Result<Picture> ReadPicture(GifFileType* file, int transparent) {
  if (DGifGetImageDesc(file) == GIF_ERROR) return Damaged(*file);
  const GifImageDesc place = file->Image;
  auto picture = MakePicture(static_cast<uint64_t>(std::max(file->SWidth, 0)),
                             static_cast<uint64_t>(std::max(file->SHeight, 0)));
  if (!picture) return picture;
  const ColorMapObject* colours = place.ColorMap != nullptr ? place.ColorMap : file->SColorMap;
  if (colours == nullptr) return Fail(Fault::kValidation, "it has no colours");
  if (auto fits = MakePicture(static_cast<uint64_t>(std::max(place.Width, 0)),
                              static_cast<uint64_t>(std::max(place.Height, 0)));
      !fits) {
    return fits;
  }
  std::vector<GifPixelType> row(static_cast<size_t>(place.Width));
  const size_t passes = place.Interlace ? kPassBegin.size() : 1;
  for (size_t pass = 0; pass < passes; ++pass) {
    const int begin = place.Interlace ? kPassBegin[pass] : 0;
    const int step = place.Interlace ? kPassStep[pass] : 1;
    for (int y = begin; y < place.Height; y += step) {
      if (DGifGetLine(file, row.data(), place.Width) == GIF_ERROR) return Damaged(*file);
      PaintRow(row, *colours, transparent, place, y, *picture);
    }
  }
  return picture;
}

}  // namespace

Result<Picture> DecodeGif(std::string_view bytes) {
  int error = 0;
  const File file(DGifOpen(&bytes, ReadSome, &error));
  if (file == nullptr) {
    const char* reason = GifErrorString(error);
    return Fail(Fault::kValidation,
                fmt::format("it is no GIF file ({})", reason == nullptr ? "unknown" : reason));
  }
  int transparent = -1;
  for (GifRecordType record = UNDEFINED_RECORD_TYPE; record != TERMINATE_RECORD_TYPE;) {
    if (DGifGetRecordType(file.get(), &record) == GIF_ERROR) return Damaged(*file);
    if (record == IMAGE_DESC_RECORD_TYPE) return ReadPicture(file.get(), transparent);
    if (record == EXTENSION_RECORD_TYPE && !ReadExtension(file.get(), transparent)) {
      return Damaged(*file);
    }
  }
  return Damaged(*file);
}

}  // namespace bedplate::images
