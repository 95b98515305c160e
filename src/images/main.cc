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
#include <errno.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>

#include "images/decode_image.h"
#include "images/scale_down.h"

namespace bedplate::images {
namespace {

constexpr int kExitUnreadable = 1;
constexpr int kExitUsage = 2;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BEDPLATE_SANITIZER_MAPS_ALL 1
#endif
#endif

void Limit(__rlimit_resource resource, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  setrlimit(resource, &limit);
}

void LimitThisProcess() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef BEDPLATE_SANITIZER_MAPS_ALL
  // 64 million pixels as RGBA and as RGB, and what a decoder takes beside them.
  Limit(RLIMIT_AS, rlim_t{1} << 30);
#endif
  Limit(RLIMIT_CPU, 20);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  Limit(RLIMIT_NOFILE, 16);
}

bool ReadInput(std::string& bytes) {
  char piece[64 << 10];
  while (true) {
    const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.append(piece, static_cast<size_t>(count));
  }
}

bool WriteOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

int Say(int status, std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  return status;
}

int Decode(std::string_view format, uint64_t pixels_max) {
  std::string bytes;
  if (!ReadInput(bytes)) return kExitUsage;
  try {
    auto picture = DecodeImage(format, bytes);
    if (!picture) return Say(kExitUnreadable, picture.error().message);
    const Picture scaled = ScaleDown(std::move(*picture), pixels_max);
    const bool written =
        WriteOutput(fmt::format("P6\n{} {}\n255\n", scaled.width, scaled.height)) &&
        WriteOutput(scaled.rgb);
    return written ? 0 : kExitUsage;
  } catch (const std::bad_alloc&) {
    return Say(kExitUnreadable, "it takes too much memory");
  }
}

int Main(int argc, const char* const* argv) {
  LimitThisProcess();
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
