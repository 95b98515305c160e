// spec: WebP (RFC 9649), by libwebp
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <string>

#include "images/decode_image.h"
#include "images/orientation.h"

namespace bedplate::images {
namespace {

struct Delete {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

std::unexpected<Error> Damaged() { return Fail(Fault::kValidation, "it is damaged or cut off"); }

struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

uint8_t OrientationIn(std::string_view bytes) {
  const WebPData data{.bytes = reinterpret_cast<const uint8_t*>(bytes.data()),
                      .size = bytes.size()};
  const std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer(WebPDemux(&data));
  WebPChunkIterator chunk;
  if (demuxer == nullptr || WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) == 0) return 1;
  const uint8_t orientation =
      OrientationOf({reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

Result<Picture> FirstOfAnimation(std::string_view bytes, Picture picture) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return Damaged();
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  const WebPData data{.bytes = reinterpret_cast<const uint8_t*>(bytes.data()),
                      .size = bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, Delete> decoder(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo info;
  if (decoder == nullptr || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0) return Damaged();
  if (info.canvas_width != picture.width || info.canvas_height != picture.height) return Damaged();
  uint8_t* rgba = nullptr;
  int time_ms = 0;
  if (WebPAnimDecoderGetNext(decoder.get(), &rgba, &time_ms) == 0) return Damaged();
  PutOnWhite({reinterpret_cast<const char*>(rgba), size_t{picture.width} * picture.height * 4},
             picture);
  return picture;
}

}  // namespace

Result<Picture> DecodeWebp(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    return Fail(Fault::kValidation, "it is no WebP file");
  }
  auto picture =
      MakePicture(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height));
  if (!picture) return picture;
  picture->orientation = OrientationIn(bytes);
  if (features.has_animation != 0) return FirstOfAnimation(bytes, std::move(*picture));
  std::string rgba(size_t{picture->width} * picture->height * 4, '\0');
  const int stride = static_cast<int>(picture->width) * 4;
  if (WebPDecodeRGBAInto(data, bytes.size(), reinterpret_cast<uint8_t*>(rgba.data()), rgba.size(),
                         stride) == nullptr) {
    return Damaged();
  }
  PutOnWhite(rgba, *picture);
  return picture;
}

}  // namespace bedplate::images
