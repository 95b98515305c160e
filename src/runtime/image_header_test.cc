#include "runtime/image_header.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::runtime {
namespace {

using namespace std::string_literals;

std::string Said(std::string_view format, std::string_view bytes) {
  const auto size = ReadImageSize(format, bytes);
  return size ? std::to_string(size->width) + "x" + std::to_string(size->height) : "none";
}

const std::string kPng = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03"s;
const std::string kGif = "GIF89a\x02\x01\x03\0"s;
// An APP0 segment with four bytes, a fill byte, a progressive frame.
const std::string kJpeg = "\xff\xd8\xff\xe0\0\x06JFIF\xff\xff\xc2\0\x11\x08\0\x03\x01\x02"s;
const std::string kWebpTail(16, '\0');
const std::string kLossy =
    "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x02\x01\x03\xc0"s + kWebpTail;
const std::string kLossless =  // 258 less 1 in 14 bits, 3 less 1 in the next 14
    "RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x01\x81\0\0"s + kWebpTail;
const std::string kExtended =
    "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\x01\0\x02\0\0"s + kWebpTail;

TEST(ReadImageSize, ReadsEachFormat) {
  EXPECT_EQ(Said("png", kPng), "258x3");
  EXPECT_EQ(Said("gif", kGif), "258x3");
  EXPECT_EQ(Said("jpeg", kJpeg), "258x3");
  EXPECT_EQ(Said("webp", kLossy), "258x3");
  EXPECT_EQ(Said("webp", kLossless), "258x3");
  EXPECT_EQ(Said("webp", kExtended), "258x3");
}

TEST(ReadImageSize, TakesNoFormatForAnother) {
  EXPECT_EQ(Said("jpeg", kPng), "none");
  EXPECT_EQ(Said("png", kGif), "none");
  EXPECT_EQ(Said("gif", kJpeg), "none");
  EXPECT_EQ(Said("webp", kPng), "none");
  EXPECT_EQ(Said("bmp", kPng), "none");
}

TEST(ReadImageSize, StopsAtTheEndOfAnyPart) {
  const std::pair<const char*, const std::string*> images[] = {
      {"png", &kPng}, {"gif", &kGif}, {"jpeg", &kJpeg}};
  for (const auto& [format, image] : images) {
    for (size_t size = 0; size < image->size(); ++size) {
      // Its own allocation, so that a read beyond it shows.
      const std::string part(image->data(), size);
      EXPECT_EQ(Said(format, part), "none") << format << " " << size;
    }
  }
  for (size_t size = 0; size < 30; ++size) {
    EXPECT_EQ(Said("webp", std::string(kExtended.data(), size)), "none") << size;
  }
}

TEST(ReadImageSize, RefusesWhatHasNoSize) {
  EXPECT_EQ(Said("gif", "GIF89a\0\0\x03\0"s), "none");
  EXPECT_EQ(Said("jpeg", "\xff\xd8\xff\xe0\0\0\xff\xe0\0\0\xff\xe0\0\0"s), "none");
  EXPECT_EQ(Said("jpeg", "\xff\xd8\xff\xda\0\x06\0\0\0\0\xff\xc0\0\x11\x08\0\x03\x01\x02"s),
            "none");
}

}  // namespace
}  // namespace bedplate::runtime
