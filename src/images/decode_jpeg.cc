// spec: JPEG (ISO/IEC 10918-1), by libjpeg-turbo's own interface
#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>

#include "images/decode_image.h"

namespace bedplate::images {
namespace {

struct Destroy {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

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
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return Fail(Fault::kValidation, "its colours are those of print (CMYK); send it as RGB");
  }
  auto picture = MakePicture(static_cast<uint64_t>(width), static_cast<uint64_t>(height));
  if (!picture) return picture;
  // Bounds what many small scans may cost; a warning, of a file that is cut off, fails too.
  constexpr int kFlags = TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING;
  if (tjDecompress2(decoder.get(), data, bytes.size(),
                    reinterpret_cast<unsigned char*>(picture->rgb.data()), width, 0, height,
                    TJPF_RGB, kFlags) != 0) {
    return Fail(Fault::kValidation,
                fmt::format("it is damaged or cut off ({})", tjGetErrorStr2(decoder.get())));
  }
  return picture;
}

}  // namespace bedplate::images
