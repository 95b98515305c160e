// bedplate-images FORMAT PIXELS_MAX: reads an image file on its input and writes its pixels, scaled
// down to at most PIXELS_MAX, as a portable pixmap (P6).
//
// The server starts it for each image that a model on this machine is to see, because whoever sent
// the image may mean harm: it works within limits of its own, opens no file and no connection, and
// when it dies only that image was not read.
//
// Exit status: 0; 1 when the image can't be read, which one line of the error output explains; 2
// when the program was called wrongly.
// spec: https://netpbm.sourceforge.net/doc/ppm.html
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "base/helper_program.h"
#include "images/decode_image.h"
#include "images/orientation.h"
#include "images/scale_down.h"

namespace bedplate::images {
namespace {

// Memory: 64 million pixels as RGBA and as RGB, and what a decoder takes beside them. Time: so many
// pixels of a JPEG file in progressive scans take 2 s of a server's processor.
constexpr HelperLimits kLimits{
    .memory_bytes = uint64_t{1} << 30, .processor_s = 8, .open_files = 16};

int Decode(std::string_view format, uint64_t pixels_max) {
  std::string bytes;
  if (!ReadInput(bytes)) return kExitUsage;
  try {
    auto picture = DecodeImage(format, bytes);
    if (!picture) return Say(kExitUnreadable, picture.error().message);
    const Picture scaled = PutUpright(ScaleDown(std::move(*picture), pixels_max));
    const bool written =
        WriteOutput(fmt::format("P6\n{} {}\n255\n", scaled.width, scaled.height)) &&
        WriteOutput(scaled.rgb);
    return written ? 0 : kExitUsage;
  } catch (const std::bad_alloc&) {
    return Say(kExitUnreadable, "it takes too much memory");
  }
}

int Main(int argc, const char* const* argv) {
  LimitThisProcess(kLimits);
  uint64_t pixels_max = 0;
  if (argc == 3) {
    const std::string_view number = argv[2];
    std::from_chars(number.data(), number.data() + number.size(), pixels_max);
  }
  if (pixels_max == 0) {
    return Say(kExitUsage, "usage: bedplate-images png|jpeg|gif|webp PIXELS_MAX <IMAGE >PIXMAP");
  }
  return Decode(argv[1], pixels_max);
}

}  // namespace
}  // namespace bedplate::images

int main(int argc, char** argv) { return bedplate::images::Main(argc, argv); }
