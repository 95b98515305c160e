// spec: JPEG (ISO/IEC 10918-1), by libjpeg-turbo's own interface
#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "images/decode_image.h"
#include "images/jpeg_segments.h"
#include "images/orientation.h"

namespace bedplate::images {
namespace {

// Each scan of a file goes over the whole picture, however few bytes it has; encoders write about
// ten. So this many of the largest picture are decoded, and more of a smaller one.
constexpr uint64_t kScansOfLargest = 24;
constexpr uint64_t kScannedPixelsMax = kScansOfLargest * kSideMax * kSideMax;
// TurboJPEG's own limit, of any picture.
constexpr size_t kScansMax = 500;

struct Destroy {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

Result<void> CheckScans(size_t scans, const Picture& picture) {
  const uint64_t pixels = uint64_t{picture.width} * picture.height;
  if (scans <= kScansMax && scans * pixels <= kScannedPixelsMax) return {};
  return Fail(
      Fault::kValidation,
      fmt::format("it has {} scans of {} by {} pixels, and at most {} of that size are read", scans,
                  picture.width, picture.height,
                  std::min<uint64_t>(kScansMax, kScannedPixelsMax / pixels)));
}

// The colours of print, from four bytes a pixel to three in place. Programs for print write them
// inverted, as Adobe's first did, and who reads them takes all for such: 255 is no ink.
void PutInkOnWhite(std::string& pixels) {
  const auto* from = reinterpret_cast<const uint8_t*>(pixels.data());
  auto* to = reinterpret_cast<uint8_t*>(pixels.data());
  for (size_t left = pixels.size() / 4; left > 0; --left, from += 4, to += 3) {
    const unsigned black = from[3];
    const uint8_t cyan = from[0];
    const uint8_t magenta = from[1];
    const uint8_t yellow = from[2];
    to[0] = static_cast<uint8_t>((cyan * black + 127) / 255);
    to[1] = static_cast<uint8_t>((magenta * black + 127) / 255);
    to[2] = static_cast<uint8_t>((yellow * black + 127) / 255);
  }
  pixels.resize(pixels.size() / 4 * 3);
}

}  // namespace

Result<Picture> DecodeJpeg(std::string_view bytes) {
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (decoder == nullptr) return Fail(Fault::kInternal, "the decoder can't be started");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    return Fail(Fault::kValidation,
                fmt::format("it is no JPEG file ({})", tjGetErrorStr2(decoder.get())));
  }
  const bool print = colours == TJCS_CMYK || colours == TJCS_YCCK;
  auto picture = MakePicture(static_cast<uint64_t>(width), static_cast<uint64_t>(height));
  if (!picture) return picture;
  const JpegSegments segments = FindJpegSegments(bytes);
  if (auto few = CheckScans(segments.scans, *picture); !few) return std::unexpected(few.error());
  picture->orientation = OrientationOf(segments.exif);
  if (print) picture->rgb.resize(picture->rgb.size() / 3 * 4);
  // A warning, of a file that is cut off, fails too.
  constexpr int kFlags = TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING;
  if (tjDecompress2(decoder.get(), data, bytes.size(),
                    reinterpret_cast<unsigned char*>(picture->rgb.data()), width, 0, height,
                    print ? TJPF_CMYK : TJPF_RGB, kFlags) != 0) {
    return Fail(Fault::kValidation,
                fmt::format("it is damaged or cut off ({})", tjGetErrorStr2(decoder.get())));
  }
  if (print) PutInkOnWhite(picture->rgb);
  return picture;
}

}  // namespace bedplate::images
