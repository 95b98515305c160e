#include "runtime/image_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/bounded_run.h"
#include "base/clock.h"
#include "base/helper_program.h"
#include "base/log.h"
#include "models/formats/image_source.h"
#include "runtime/image_blocks.h"
#include "runtime/image_header.h"

namespace bedplate::runtime {
namespace {

// Of one request. An image that fits on a screen has two million pixels.
constexpr size_t kImagesMax = 100;
constexpr uint64_t kSourcePixelsMax = 160'000'000;
constexpr std::chrono::milliseconds kTimeMax{60'000};
// What an engine is given: of one image as much as models use, of all as much as it takes in a
// request.
constexpr uint64_t kImagePixelsMax = 2'359'296;  // 1,536 x 1,536
constexpr uint64_t kPixelsMax = 8'388'608;
// Of one image.
constexpr std::chrono::milliseconds kImageTimeMax{20'000};
constexpr size_t kHeadBytesMax = 32;
// What a pixel takes on its way to an engine: itself, and twice in base64, in a URL and in the body
// of the request that this becomes a part of.
constexpr uint64_t kBytesPerPixel = 3 + 2 * 4;

constexpr std::string_view kDataUrl = "data:image/";
constexpr std::string_view kBase64 = ";base64,";

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string Reason(const BoundedOutcome& outcome) {
  switch (outcome.ending) {
    case BoundedOutcome::Ending::kTime:
      return "reading it takes too long";
    case BoundedOutcome::Ending::kSignal:
    case BoundedOutcome::Ending::kOutput:
      return "reading it takes too much memory or time, or it is damaged";
    case BoundedOutcome::Ending::kStopped:
    case BoundedOutcome::Ending::kExit:
      break;
  }
  return FirstLine(outcome.errors);
}

// The URLs of images in a body, in order.
std::vector<BodyImageReading::Image> FindImages(json::Value& body) {
  std::vector<BodyImageReading::Image> images;
  json::Value* messages = body.Find("messages");
  if (messages == nullptr || messages->AsArray() == nullptr) return images;
  for (size_t i = 0; i < messages->AsArray()->size(); ++i) {
    json::Value* content = (*messages->AsArray())[i].Find("content");
    if (content == nullptr || content->AsArray() == nullptr) continue;
    for (size_t part = 0; part < content->AsArray()->size(); ++part) {
      json::Value* holder = (*content->AsArray())[part].Find("image_url");
      json::Value* url = holder == nullptr ? nullptr : holder->Find("url");
      if (url == nullptr || !url->is_string()) continue;
      images.push_back({.url = url, .place = fmt::format("messages.{}.content.{}", i, part)});
    }
  }
  return images;
}

std::unexpected<Error> Refuse(bool in_body, std::string message) {
  return Fail(Fault::kValidation,
              in_body
                  ? fmt::format("Malformed input request: {} Please reformat your input and try "
                                "again.",
                                message)
                  : std::move(message));
}

}  // namespace

Result<void> ImageProgram::DecodeNext(ImageReading& reading, const std::stop_token& stop) const {
  const Source& source = reading.sources_[reading.decoded_.size()];
  const MonotonicTime begun = SystemClock().Monotonic();
  auto outcome = RunBounded({.program = program_,
                             .arguments = {source.format, fmt::format("{}", reading.pixels_max_)},
                             .environment = environment_,
                             .input = source.bytes,
                             .output_bytes_max = reading.pixels_max_ * 3 + kHeadBytesMax,
                             .time_max = std::min(kImageTimeMax, reading.time_),
                             .stop = stop});
  reading.time_ -= std::chrono::ceil<std::chrono::milliseconds>(SystemClock().Monotonic() - begun);
  const bool started = outcome.has_value();
  if (started && outcome->ending == BoundedOutcome::Ending::kStopped) {
    return Fail(Fault::kUnavailable, "nobody waits for the image any more");
  }
  const bool exited = started && outcome->ending == BoundedOutcome::Ending::kExit;
  if (!started || (exited && outcome->status > kExitUnreadable)) {
    log::Error("runtime", "images can't be read",
               {{"format", source.format},
                {"program", program_},
                {"reason", started ? FirstLine(outcome->errors) : outcome.error().message}});
    return Fail(
        Fault::kUnavailable,
        "This server can't read images now: what reads them is missing. Its log says more.");
  }
  if (!exited || outcome->status != 0) {
    return Refuse(reading.in_body_, fmt::format("The image at {} can't be read as {}: {}.",
                                                source.place, source.format, Reason(*outcome)));
  }
  reading.decoded_.push_back(std::move(outcome->output));
  return {};
}

Result<void> ImageProgram::Reserve(uint64_t pixels, ByteBudget::Share& held) const {
  if (memory_ == nullptr || memory_->Set(held, pixels * kBytesPerPixel)) return {};
  memory_->Set(held, 0);
  return std::unexpected(
      Error{.fault = Fault::kThrottling,
            .message = fmt::format(
                "Too many requests, please wait before trying again. The request's images take {} "
                "bytes as pixels, and what the requests at hand hold may take {} bytes together "
                "(the server's setting limits.bodies_bytes_max).",
                pixels * kBytesPerPixel, memory_->bytes_max()),
            .retry_after_s = 1});
}

Result<ImageReading> ImageProgram::BeginOf(std::vector<Source> sources, bool in_body,
                                           ByteBudget::Share& held) const {
  if (sources.size() > kImagesMax) {
    return Refuse(in_body, fmt::format("The request has {} images. It can have at most {}.",
                                       sources.size(), kImagesMax));
  }
  const uint64_t pixels_max =
      std::min(kImagePixelsMax, kPixelsMax / std::max<size_t>(1, sources.size()));
  uint64_t pixels = 0;
  uint64_t kept = 0;
  for (const Source& source : sources) {
    const auto size = ReadImageSize(source.format, source.bytes);
    if (!size) {
      return Refuse(
          in_body,
          fmt::format("The image at {} is not a {} image that can be read. Check its bytes "
                      "and its format and try again.",
                      source.place, source.format));
    }
    const uint64_t own = uint64_t{size->width} * size->height;
    pixels += own;
    kept += std::min(own, pixels_max);
    if (pixels > kSourcePixelsMax) {
      return Refuse(in_body,
                    fmt::format("The images of the request up to {}, of {} by {} pixels, have {} "
                                "pixels together. They can have at most {}.",
                                source.place, size->width, size->height, pixels, kSourcePixelsMax));
    }
  }
  if (memory_ != nullptr && kept * kBytesPerPixel > memory_->bytes_max()) {
    // Waiting would not help.
    return Refuse(in_body,
                  fmt::format("The request's images take {} bytes as pixels, and what all requests "
                              "hold may take {} bytes together (the server's setting "
                              "limits.bodies_bytes_max). Send fewer or smaller images.",
                              kept * kBytesPerPixel, memory_->bytes_max()));
  }
  if (auto room = Reserve(kept, held); !room) return std::unexpected(std::move(room.error()));
  ImageReading reading;
  reading.sources_ = std::move(sources);
  reading.in_body_ = in_body;
  reading.pixels_max_ = pixels_max;
  reading.time_ = kTimeMax;
  return reading;
}

Result<ImageReading> ImageProgram::Begin(const Conversation& conversation,
                                         ByteBudget::Share& held) const {
  std::vector<Source> sources;
  [[maybe_unused]] const auto never_fails =
      ForEachImage(conversation, [&](const ImageBlock& image, const std::string& place) {
        sources.push_back({.format = image.format, .bytes = image.bytes, .place = place});
        return Result<void>();
      });
  return BeginOf(std::move(sources), /*in_body=*/false, held);
}

void ImageProgram::Put(ImageReading reading, Conversation& conversation) {
  size_t at = 0;
  [[maybe_unused]] const auto never_fails =
      ForEachImage(conversation, [&](ImageBlock& image, const std::string& /*place*/) {
        image.format = kPixelFormat;
        image.bytes = std::move(reading.decoded_[at++]);
        return Result<void>();
      });
}

Result<std::unique_ptr<BodyImageReading>> ImageProgram::Begin(const models::Model& model,
                                                              std::string& body,
                                                              ByteBudget::Share& held) const {
  auto parsed = json::Value::Parse(body);
  // What is no JSON, or no image, is refused by the engine.
  if (!parsed) return nullptr;
  auto begun = std::make_unique<BodyImageReading>();
  begun->body = std::move(*parsed);
  begun->images = FindImages(begun->body);
  if (begun->images.empty()) return nullptr;
  const auto pixels = NeedsPixels(model, begun->images.front().place);
  if (!pixels) return std::unexpected(pixels.error());
  if (!*pixels) return nullptr;
  std::string().swap(body);
  begun->files.resize(begun->images.size());
  std::vector<Source> sources;
  for (size_t i = 0; i < begun->images.size(); ++i) {
    const std::string_view url = *begun->images[i].url->AsString();
    const size_t mark = url.find(kBase64);
    std::string format;
    if (url.starts_with(kDataUrl) && mark != std::string_view::npos) {
      format = url.substr(kDataUrl.size(), mark - kDataUrl.size());
    }
    if (!models::IsImageFormat(format) ||
        !AppendFromBase64(begun->files[i], url.substr(mark + kBase64.size()))) {
      return Refuse(
          /*in_body=*/true,
          fmt::format("Image {} of the request is no data URL with base64 of a png, jpeg, "
                      "gif or webp image.",
                      i + 1));
    }
    sources.push_back({.format = std::move(format),
                       .bytes = begun->files[i],
                       .place = fmt::format("place {} of the request", i + 1)});
  }
  auto reading = BeginOf(std::move(sources), /*in_body=*/true, held);
  if (!reading) return std::unexpected(std::move(reading.error()));
  begun->reading = std::move(*reading);
  return begun;
}

std::string ImageProgram::Put(BodyImageReading& reading) {
  for (size_t i = 0; i < reading.images.size(); ++i) {
    std::string url = fmt::format("{}{}{}", kDataUrl, kPixelFormat, kBase64);
    AppendBase64(url, std::exchange(reading.reading.decoded_[i], {}));
    *reading.images[i].url = json::Value(std::move(url));
  }
  return reading.body.ToJson();
}

Result<bool> NeedsPixels(const models::Model& model, std::string_view place) {
  const auto* weights = std::get_if<models::LocalWeights>(&model.binding);
  if (weights == nullptr) return false;
  if (!weights->projector.empty()) return true;
  return Fail(Fault::kValidation,
              fmt::format("This model doesn't support the image content block that you provided at "
                          "{}: the weights that answer for {} on this server have no projector. "
                          "Update the content block and try again.",
                          place, model.facts.id));
}

std::string FirstImage(const Conversation& conversation) {
  std::string first;
  [[maybe_unused]] const auto found =
      ForEachImage(conversation, [&](const ImageBlock&, const std::string& place) -> Result<void> {
        first = place;
        return Fail(Fault::kValidation, "");
      });
  return first;
}

bool MayHaveImages(std::string_view body) {
  // A key may be spelled with escapes.
  return body.contains("image_url") || body.contains("\\u00");
}

}  // namespace bedplate::runtime
