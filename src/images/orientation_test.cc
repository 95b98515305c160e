#include "images/orientation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "images/jpeg_segments.h"

namespace bedplate::images {
namespace {

using ::testing::HasSubstr;

std::string Number(uint32_t value, size_t length, bool little) {
  std::string bytes;
  for (size_t i = 0; i < length; ++i) {
    const size_t place = little ? i : length - 1 - i;
    bytes += static_cast<char>(value >> (8 * place) & 0xFF);
  }
  return bytes;
}

struct Entry {
  uint32_t tag = 0x0112;
  uint32_t type = 3;
  uint32_t count = 1;
  uint32_t value = 1;
};

std::string Tiff(const std::vector<Entry>& entries, bool little = true, uint32_t directory = 8) {
  std::string tiff = little ? std::string("II*\0", 4) : std::string("MM\0*", 4);
  tiff += Number(directory, 4, little);
  tiff += Number(static_cast<uint32_t>(entries.size()), 2, little);
  for (const Entry& entry : entries) {
    tiff += Number(entry.tag, 2, little) + Number(entry.type, 2, little) +
            Number(entry.count, 4, little) + Number(entry.value, 2, little) + std::string(2, '\0');
  }
  return tiff + std::string(4, '\0');
}

std::string Marked(const std::string& tiff) { return std::string("Exif\0\0", 6) + tiff; }

// A pixel for each letter, whose name all its bytes are.
std::string Rgb(std::string_view letters) {
  std::string rgb;
  for (const char letter : letters) rgb += std::string(3, letter);
  return rgb;
}

TEST(PutUpright, TurnsAndMirrorsAsTheNumbersSay) {
  // ab
  // cd
  // ef
  const char* expected[] = {"",       "abcdef", "badcfe", "fedcba", "efcdab",
                            "acebdf", "ecafdb", "fdbeca", "bdface"};
  for (uint8_t orientation = 1; orientation <= 8; ++orientation) {
    const Picture upright =
        PutUpright({.width = 2, .height = 3, .rgb = Rgb("abcdef"), .orientation = orientation});
    EXPECT_EQ(upright.rgb, Rgb(expected[orientation])) << int{orientation};
    EXPECT_EQ(upright.width, orientation < 5 ? 2U : 3U) << int{orientation};
    EXPECT_EQ(upright.height, orientation < 5 ? 3U : 2U) << int{orientation};
    EXPECT_EQ(upright.orientation, 1);
  }
}

TEST(OrientationOf, ReadsBothOrdersOfBytes) {
  for (const bool little : {true, false}) {
    for (uint32_t value = 1; value <= 8; ++value) {
      const std::string tiff = Tiff({{.tag = 0x010F}, {.value = value}}, little);
      EXPECT_EQ(OrientationOf(tiff), value) << little;
      EXPECT_EQ(OrientationOf(Marked(tiff)), value) << little;
    }
  }
}

TEST(OrientationOf, WhatSaysNothingStandsAsItIs) {
  for (const std::string& exif :
       {std::string(), std::string("II*"), Tiff({}), Tiff({{.tag = 0x0113, .value = 6}}),
        Tiff({{.value = 0}}), Tiff({{.value = 9}}), Tiff({{.type = 4, .value = 6}}),
        Tiff({{.count = 2, .value = 6}}), Tiff({{.value = 6}}, true, 9'999),
        Tiff({{.value = 6}}, true, 0xFFFFFFFF), std::string("AA*\0\x08\0\0\0", 8)}) {
    EXPECT_EQ(OrientationOf(exif), 1);
  }
}

TEST(OrientationOf, EveryBeginningAndEveryCountIsBounded) {
  std::string tiff = Tiff({{.tag = 1}, {.tag = 2}, {.value = 6}});
  for (size_t length = 0; length < tiff.size(); ++length) {
    const uint8_t orientation = OrientationOf(std::string_view(tiff).substr(0, length));
    EXPECT_TRUE(orientation == 1 || orientation == 6);
  }
  tiff.replace(8, 2, "\xFF\xFF");  // 65,535 entries, of which three are there
  EXPECT_EQ(OrientationOf(tiff), 6);
  EXPECT_EQ(OrientationOf(Tiff({}).replace(8, 2, "\xFF\xFF")), 1);
}

// Left half black, right half white, 16 x 8.
Picture Halves() {
  Picture picture{.width = 16, .height = 8};
  for (int i = 0; i < 16 * 8; ++i) picture.rgb += std::string(3, i % 16 < 8 ? '\0' : '\xFF');
  return picture;
}

const uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string Jpeg(const std::string& pixels, int width, int height, int format) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  EXPECT_EQ(tjCompress2(encoder, Bytes(pixels), width, 0, height, format, &bytes, &count,
                        TJSAMP_444, 98, TJFLAG_PROGRESSIVE),
            0);
  std::string file(reinterpret_cast<char*>(bytes), count);
  tjFree(bytes);
  tjDestroy(encoder);
  return file;
}

std::string WithSegment(std::string jpeg, char marker, const std::string& data) {
  return jpeg.insert(2, std::string("\xFF") + marker +
                            Number(static_cast<uint32_t>(data.size() + 2), 2, false) + data);
}

// spec: PNG (ISO/IEC 15948), annex D
uint32_t ChecksumOf(const std::string& bytes) {
  uint32_t checksum = 0xFFFFFFFF;
  for (const char byte : bytes) {
    checksum ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; ++i) checksum = checksum >> 1 ^ (checksum & 1 ? 0xEDB88320 : 0);
  }
  return ~checksum;
}

std::string PngWith(const std::string& exif) {
  const Picture picture = Halves();
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGB;
  std::string file(10'000, '\0');
  png_alloc_size_t bytes = file.size();
  EXPECT_NE(
      png_image_write_to_memory(&image, file.data(), &bytes, 0, picture.rgb.data(), 0, nullptr), 0);
  file.resize(bytes);
  const std::string chunk = "eXIf" + exif;
  return file.insert(8 + 25, Number(static_cast<uint32_t>(exif.size()), 4, false) + chunk +
                                 Number(ChecksumOf(chunk), 4, false));
}

std::string RiffChunk(const std::string& name, std::string data) {
  const std::string length = Number(static_cast<uint32_t>(data.size()), 4, true);
  if (data.size() % 2 != 0) data += '\0';
  return name + length + data;
}

// spec: RFC 9649, 2.7 Extended File Format
std::string WebpWith(const std::string& exif) {
  const Picture picture = Halves();
  uint8_t* bytes = nullptr;
  const size_t count = WebPEncodeLosslessRGB(Bytes(picture.rgb), 16, 8, 48, &bytes);
  const std::string plain(reinterpret_cast<char*>(bytes), count);
  WebPFree(bytes);
  const std::string head = std::string("\x08\0\0\0", 4) + Number(15, 3, true) + Number(7, 3, true);
  return RiffChunk("RIFF",
                   "WEBP" + RiffChunk("VP8X", head) + plain.substr(12) + RiffChunk("EXIF", exif));
}

TEST(PutUpright, FilesOfEachFormatSayTheWayUp) {
  const std::string tiff = Tiff({{.value = 6}}, false);  // its left side is the upper one
  const std::pair<const char*, std::string> files[] = {
      {"jpeg", WithSegment(Jpeg(Halves().rgb, 16, 8, TJPF_RGB), '\xE1', Marked(tiff))},
      {"png", PngWith(tiff)},
      {"webp", WebpWith(tiff)},
      {"webp", WebpWith(Marked(tiff))}};
  for (const auto& [format, file] : files) {
    auto picture = DecodeImage(format, file);
    ASSERT_TRUE(picture) << format << picture.error().message;
    EXPECT_EQ(picture->orientation, 6) << format;
    const Picture upright = PutUpright(std::move(*picture));
    ASSERT_EQ(upright.width, 8U) << format;
    ASSERT_EQ(upright.height, 16U) << format;
    for (uint32_t y = 0; y < 16; ++y) {
      const auto grey = static_cast<uint8_t>(upright.rgb[(size_t{y} * 8 + 3) * 3]);
      EXPECT_NEAR(grey, y < 8 ? 0 : 255, 8) << format << y;
    }
  }
}

TEST(FindJpegSegments, TakesTheFirstExifDataAndCountsScans) {
  const std::string plain = Jpeg(Halves().rgb, 16, 8, TJPF_RGB);
  EXPECT_EQ(FindJpegSegments(plain).exif, "");
  EXPECT_EQ(FindJpegSegments(plain).scans, 10U);  // TurboJPEG's own order of a picture in colours
  const std::string two =
      WithSegment(WithSegment(plain, '\xE1', Marked("second")), '\xE1', Marked("first"));
  EXPECT_EQ(FindJpegSegments(WithSegment(two, '\xE1', "http://ns.adobe.com/xap/1.0/")).exif,
            Marked("first"));
  for (size_t length = 0; length < two.size(); ++length) {
    EXPECT_LE(FindJpegSegments(std::string_view(two).substr(0, length)).scans, 10U);
  }
}

// The last scan of the file once more, and again.
std::string WithScans(std::string jpeg, size_t more) {
  const size_t last = jpeg.rfind("\xFF\xDA");
  const std::string scan = jpeg.substr(last, jpeg.size() - 2 - last);
  std::string scans;
  for (size_t i = 0; i < more; ++i) scans += scan;
  return jpeg.insert(jpeg.size() - 2, scans);
}

TEST(DecodeJpeg, ManyScansAreRefusedBeforeTheyAreDecoded) {
  const std::string small = Jpeg(Halves().rgb, 16, 8, TJPF_RGB);
  const auto many = DecodeJpeg(WithScans(small, 491));
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message, HasSubstr("501 scans of 16 by 8 pixels, and at most 500"));
  // 24 times 64 million pixels are 96 times 16 million.
  const std::string large = Jpeg(std::string(4'000 * 4'000 * 3, '\0'), 4'000, 4'000, TJPF_RGB);
  const auto work = DecodeJpeg(WithScans(large, 87));
  ASSERT_FALSE(work);
  EXPECT_THAT(work.error().message, HasSubstr("97 scans of 4000 by 4000 pixels, and at most 96"));
  EXPECT_TRUE(DecodeJpeg(large));
}

// Four pixels of each of these, inverted: 255 is no ink.
std::string Ink(const std::vector<std::array<int, 4>>& inks) {
  std::string cmyk;
  for (const auto& ink : inks) {
    for (int i = 0; i < 64; ++i) {
      for (const int part : ink) cmyk += static_cast<char>(part);
    }
  }
  return cmyk;
}

void ExpectColour(const Picture& picture, size_t band, std::array<int, 3> colour) {
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto value = static_cast<uint8_t>(picture.rgb[(band * 64 + 20) * 3 + channel]);
    EXPECT_NEAR(value, colour[channel], 6) << band << ' ' << channel;
  }
}

TEST(DecodeJpeg, ColoursOfPrintAreInvertedInk) {
  // No ink, all cyan, half magenta, a yellow with a quarter of black, black.
  const std::string file = Jpeg(Ink({{255, 255, 255, 255},
                                     {0, 255, 255, 255},
                                     {255, 128, 255, 255},
                                     {255, 255, 0, 192},
                                     {255, 255, 255, 0}}),
                                8, 40, TJPF_CMYK);
  const auto picture = DecodeJpeg(file);
  ASSERT_TRUE(picture) << picture.error().message;
  ASSERT_EQ(picture->rgb.size(), 8U * 40 * 3);
  ExpectColour(*picture, 0, {255, 255, 255});
  ExpectColour(*picture, 1, {0, 255, 255});
  ExpectColour(*picture, 2, {255, 128, 255});
  ExpectColour(*picture, 3, {192, 192, 0});
  ExpectColour(*picture, 4, {0, 0, 0});
}

TEST(DecodeJpeg, InkWithoutATransformIsTakenAsItIs) {
  // Greys, whose luma is written inverted, as 55 and 155, and whose chroma is 128: read as ink
  // these three are cyan, magenta and yellow.
  std::string file = Jpeg(Ink({{200, 200, 200, 255}, {100, 100, 100, 128}}), 8, 16, TJPF_CMYK);
  const size_t adobe = file.find("Adobe");
  ASSERT_NE(adobe, std::string::npos);
  ASSERT_EQ(file[adobe + 11], 2);  // YCCK
  file[adobe + 11] = 0;            // CMYK
  const auto picture = DecodeJpeg(file);
  ASSERT_TRUE(picture) << picture.error().message;
  ExpectColour(*picture, 0, {55, 128, 128});
  ExpectColour(*picture, 1, {78, 64, 64});
}

}  // namespace
}  // namespace bedplate::images
