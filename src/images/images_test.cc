#include <gif_lib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <algorithm>
#include <array>
#include <vector>

#include "images/decode_image.h"
#include "images/scale_down.h"

namespace bedplate::images {
namespace {

using ::testing::HasSubstr;

// Colours that change slowly, so that a format with loss stays near them.
Picture Gradient(uint32_t width, uint32_t height) {
  Picture picture{.width = width, .height = height};
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (const uint32_t value : {x * 255 / width, y * 255 / height, (x + y) * 127 / height}) {
        picture.rgb += static_cast<char>(value);
      }
    }
  }
  return picture;
}

const uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string Png(uint32_t width, uint32_t height, uint32_t format, const std::string& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t bytes = 0;
  EXPECT_NE(png_image_write_to_memory(&image, nullptr, &bytes, 0, pixels.data(), 0, nullptr), 0);
  std::string file(bytes, '\0');
  EXPECT_NE(png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels.data(), 0, nullptr),
            0);
  file.resize(bytes);
  return file;
}

std::string Png(const Picture& picture) {
  return Png(picture.width, picture.height, PNG_FORMAT_RGB, picture.rgb);
}

std::string Jpeg(const Picture& picture) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  EXPECT_EQ(tjCompress2(encoder, Bytes(picture.rgb), static_cast<int>(picture.width), 0,
                        static_cast<int>(picture.height), TJPF_RGB, &bytes, &count, TJSAMP_444, 98,
                        TJFLAG_PROGRESSIVE),
            0);
  std::string file(reinterpret_cast<char*>(bytes), count);
  tjFree(bytes);
  tjDestroy(encoder);
  return file;
}

std::string Webp(const Picture& picture) {
  uint8_t* bytes = nullptr;
  const size_t count = WebPEncodeLosslessRGB(Bytes(picture.rgb), static_cast<int>(picture.width),
                                             static_cast<int>(picture.height),
                                             static_cast<int>(picture.width) * 3, &bytes);
  EXPECT_GT(count, 0U);
  std::string file(reinterpret_cast<char*>(bytes), count);
  WebPFree(bytes);
  return file;
}

int Append(GifFileType* file, const GifByteType* bytes, int count) {
  static_cast<std::string*>(file->UserData)
      ->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
  return count;
}

// Sixteen greys; a picture of `width` x `height` at (left, top) of a screen of 20 x 20.
std::string Gif(const std::vector<uint8_t>& greys, int left, int top, int width, int height,
                bool interlaced = false, int transparent = -1) {
  std::string bytes;
  GifFileType* file = EGifOpen(&bytes, Append, nullptr);
  std::vector<GifColorType> colours;
  for (int i = 0; i < 16; ++i) {
    const auto grey = static_cast<GifByteType>(i * 16);
    colours.push_back({.Red = grey, .Green = grey, .Blue = grey});
  }
  ColorMapObject* map = GifMakeMapObject(16, colours.data());
  EGifPutScreenDesc(file, 20, 20, 4, 0, map);
  if (transparent >= 0) {
    const GraphicsControlBlock control{
        .DisposalMode = 0, .UserInputFlag = false, .DelayTime = 0, .TransparentColor = transparent};
    std::array<GifByteType, 4> packed{};
    EGifGCBToExtension(&control, packed.data());
    EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, packed.size(), packed.data());
  }
  EGifPutImageDesc(file, left, top, width, height, interlaced, nullptr);
  std::vector<int> order;
  if (interlaced) {
    for (int y = 0; y < height; y += 8) order.push_back(y);
    for (int y = 4; y < height; y += 8) order.push_back(y);
    for (int y = 2; y < height; y += 4) order.push_back(y);
    for (int y = 1; y < height; y += 2) order.push_back(y);
  } else {
    for (int y = 0; y < height; ++y) order.push_back(y);
  }
  for (const int y : order) {
    std::vector<GifPixelType> row(greys.begin() + y * width, greys.begin() + (y + 1) * width);
    EGifPutLine(file, row.data(), width);
  }
  EGifCloseFile(file, nullptr);
  GifFreeMapObject(map);
  return bytes;
}

std::vector<uint8_t> Stripes(int width, int height) {
  std::vector<uint8_t> greys;
  for (int y = 0; y < height; ++y) greys.insert(greys.end(), static_cast<size_t>(width), y % 16);
  return greys;
}

int Grey(const Picture& picture, uint32_t x, uint32_t y) {
  return static_cast<uint8_t>(picture.rgb[(size_t{y} * picture.width + x) * 3]);
}

TEST(DecodeImage, ReadsWhatWasWrittenWithoutLoss) {
  const Picture picture = Gradient(37, 21);
  for (const auto& [format, file] :
       {std::pair("png", Png(picture)), std::pair("webp", Webp(picture))}) {
    const auto read = DecodeImage(format, file);
    ASSERT_TRUE(read) << format << read.error().message;
    EXPECT_EQ(read->width, 37U);
    EXPECT_EQ(read->height, 21U);
    EXPECT_EQ(read->rgb, picture.rgb) << format;
  }
}

TEST(DecodeImage, ReadsAJpegNearly) {
  const Picture picture = Gradient(64, 48);
  const auto read = DecodeImage("jpeg", Jpeg(picture));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->rgb.size(), picture.rgb.size());
  int most = 0;
  for (size_t i = 0; i < picture.rgb.size(); ++i) {
    most = std::max(
        most, std::abs(static_cast<uint8_t>(read->rgb[i]) - static_cast<uint8_t>(picture.rgb[i])));
  }
  EXPECT_LE(most, 8);
}

TEST(DecodeImage, ShowsWhatIsTransparentOnWhite) {
  // A clear pixel, a half clear black one, a black one.
  const std::string rgba("\x10\x20\x30\x00\x00\x00\x00\x80\x00\x00\x00\xFF", 12);
  const auto read = DecodeImage("png", Png(3, 1, PNG_FORMAT_RGBA, rgba));
  ASSERT_TRUE(read);
  EXPECT_EQ(Grey(*read, 0, 0), 255);
  EXPECT_GT(Grey(*read, 1, 0), 100);
  EXPECT_LT(Grey(*read, 1, 0), 220);
  EXPECT_EQ(Grey(*read, 2, 0), 0);
  Picture picture{.width = 3, .height = 1, .rgb = std::string(9, '\0')};
  PutOnWhite(rgba, picture);
  EXPECT_EQ(Grey(picture, 0, 0), 255);
  EXPECT_EQ(Grey(picture, 1, 0), 127);
  EXPECT_EQ(Grey(picture, 2, 0), 0);
}

TEST(DecodeImage, PutsAGifWhereItStandsOnItsScreen) {
  for (const bool interlaced : {false, true}) {
    const auto read = DecodeImage("gif", Gif(Stripes(6, 15), 4, 3, 6, 15, interlaced));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->width, 20U);
    EXPECT_EQ(Grey(*read, 3, 3), 255);  // beside it
    for (uint32_t y = 0; y < 15; ++y) EXPECT_EQ(Grey(*read, 9, 3 + y), y % 16 * 16) << y;
    EXPECT_EQ(Grey(*read, 9, 18), 255);
  }
}

TEST(DecodeImage, CutsAGifAtTheEdgeOfItsScreen) {
  const auto read = DecodeImage("gif", Gif(Stripes(10, 10), 15, 15, 10, 10));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Grey(*read, 19, 19), 64);
}

TEST(DecodeImage, LeavesATransparentColourOfAGifWhite) {
  const auto read = DecodeImage("gif", Gif(Stripes(20, 20), 0, 0, 20, 20, false, 3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Grey(*read, 5, 2), 32);
  EXPECT_EQ(Grey(*read, 5, 3), 255);
}

TEST(DecodeImage, RefusesEveryBeginningOfAFile) {
  const Picture picture = Gradient(24, 16);
  const std::string gif = Gif(Stripes(20, 20), 0, 0, 20, 20);
  const std::pair<const char*, std::string> files[] = {
      {"png", Png(picture)}, {"jpeg", Jpeg(picture)}, {"webp", Webp(picture)}, {"gif", gif}};
  for (const auto& [format, file] : files) {
    ASSERT_TRUE(DecodeImage(format, file)) << format;
    // The last bytes of a file are of no pixel.
    for (size_t length = 0; length + 24 < file.size(); ++length) {
      EXPECT_FALSE(DecodeImage(format, file.substr(0, length))) << format << length;
    }
  }
}

TEST(DecodeImage, RefusesAnotherFormatThanSaid) {
  const std::string png = Png(Gradient(8, 8));
  for (const char* format : {"jpeg", "gif", "webp", "bmp", ""}) {
    EXPECT_FALSE(DecodeImage(format, png)) << format;
  }
}

TEST(DecodeImage, RefusesTooManyPixelsBeforeItDecodes) {
  std::string png = Png(Gradient(8, 8));
  png.replace(16, 8, std::string("\x00\x00\x27\x10\x00\x00\x27\x10", 8));  // 10,000 by 10,000
  const auto read = DecodeImage("png", png);
  ASSERT_FALSE(read);
  EXPECT_FALSE(MakePicture(8'001, 1));
  EXPECT_FALSE(MakePicture(0, 1));
  EXPECT_THAT(MakePicture(10'000, 10'000).error().message, HasSubstr("10000 by 10000"));
}

TEST(ScaleDown, LeavesWhatIsSmallEnough) {
  const Picture picture = Gradient(20, 10);
  EXPECT_EQ(ScaleDown(picture, 200).rgb, picture.rgb);
}

TEST(ScaleDown, TakesTheMeanOfWhatAPixelStandsFor) {
  Picture picture{.width = 4, .height = 2};
  for (const int grey : {10, 20, 100, 200, 30, 40, 100, 0}) {
    picture.rgb += std::string(3, static_cast<char>(grey));
  }
  const Picture small = ScaleDown(picture, 2);
  ASSERT_EQ(small.width, 2U);
  ASSERT_EQ(small.height, 1U);
  EXPECT_EQ(Grey(small, 0, 0), 25);
  EXPECT_EQ(Grey(small, 1, 0), 100);
}

TEST(ScaleDown, KeepsEvenColoursAndTheRelationOfSides) {
  const Picture white{
      .width = 777, .height = 333, .rgb = std::string(size_t{777} * 333 * 3, '\xFF')};
  const Picture small = ScaleDown(white, 10'000);
  EXPECT_LE(small.width * small.height, 10'000U);
  EXPECT_NEAR(static_cast<double>(small.width) / small.height, 777.0 / 333, 0.05);
  EXPECT_TRUE(std::ranges::all_of(small.rgb, [](char byte) { return byte == '\xFF'; }));
}

TEST(ScaleDown, LeavesNoSideWithoutAPixel) {
  const Picture line{.width = 1, .height = 8'000, .rgb = std::string(24'000, 'x')};
  for (const uint64_t most : {1, 2, 50}) {
    const Picture small = ScaleDown(line, most);
    EXPECT_EQ(small.width, 1U);
    EXPECT_GE(small.height, 1U);
    EXPECT_LE(small.height, most);
    EXPECT_EQ(small.rgb.size(), size_t{small.height} * 3);
  }
}

}  // namespace
}  // namespace bedplate::images
