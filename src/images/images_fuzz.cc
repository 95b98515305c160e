// Any bytes as an image of each format: refused or read, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "images/decode_image.h"
#include "images/orientation.h"
#include "images/scale_down.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bedplate::images;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string_view format : {"png", "jpeg", "gif", "webp"}) {
    auto picture = DecodeImage(format, bytes);
    if (picture) PutUpright(ScaleDown(std::move(*picture), 1'000));
  }
  return 0;
}
