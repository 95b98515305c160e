#include "runtime/image_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/bounded_run.h"
#include "base/clock.h"
#include "base/json/value.h"
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
// As bedplate-images says.
constexpr int kExitUnreadable = 1;

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

struct BodyImage {
  json::Value* url;
  std::string place;  // "messages.0.content.1"
};

// The URLs of images in a body, in order.
std::vector<BodyImage> FindImages(json::Value& body) {
  std::vector<BodyImage> images;
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

Error WithWordsOfBodies(Error error) {
  if (error.fault == Fault::kValidation) {
    error.message = fmt::format(
        "Malformed input request: {} Please reformat your input and try again.", error.message);
  }
  return error;
}

}  // namespace

Result<std::string> ImageProgram::DecodeOne(const Source& source, Allowance& left) const {
  const MonotonicTime begun = SystemClock().Monotonic();
  auto outcome = RunBounded({.program = program_,
                             .arguments = {source.format, fmt::format("{}", left.pixels_max)},
                             .environment = environment_,
                             .input = source.bytes,
                             .output_bytes_max = left.pixels_max * 3 + kHeadBytesMax,
                             .time_max = std::min(kImageTimeMax, left.time),
                             .stop = left.stop});
  left.time -= std::chrono::ceil<std::chrono::milliseconds>(SystemClock().Monotonic() - begun);
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
    return Fail(Fault::kValidation, fmt::format("The image at {} can't be read as {}: {}.",
                                                source.place, source.format, Reason(*outcome)));
  }
  return std::move(outcome->output);
}

Result<std::vector<std::string>> ImageProgram::Decode(const std::vector<Source>& sources,
                                                      const std::stop_token& stop) const {
  if (sources.size() > kImagesMax) {
    return Fail(Fault::kValidation,
                fmt::format("The request has {} images. It can have at most {}.", sources.size(),
                            kImagesMax));
  }
  uint64_t pixels = 0;
  for (const Source& source : sources) {
    const auto size = ReadImageSize(source.format, source.bytes);
    if (!size) {
      return Fail(Fault::kValidation,
                  fmt::format("The image at {} is not a {} image that can be read. Check its bytes "
                              "and its format and try again.",
                              source.place, source.format));
    }
    pixels += uint64_t{size->width} * size->height;
    if (pixels > kSourcePixelsMax) {
      return Fail(Fault::kValidation,
                  fmt::format("The images of the request up to {}, of {} by {} pixels, have {} "
                              "pixels together. They can have at most {}.",
                              source.place, size->width, size->height, pixels, kSourcePixelsMax));
    }
  }
  Allowance left{
      .pixels_max = std::min(kImagePixelsMax, kPixelsMax / std::max<size_t>(1, sources.size())),
      .time = kTimeMax,
      .stop = stop};
  std::vector<std::string> decoded;
  for (const Source& source : sources) {
    auto picture = DecodeOne(source, left);
    if (!picture) return std::unexpected(std::move(picture.error()));
    decoded.push_back(std::move(*picture));
  }
  return decoded;
}

Result<void> ImageProgram::ReadAll(Conversation& conversation, const std::stop_token& stop) const {
  std::vector<ImageBlock*> images;
  std::vector<Source> sources;
  [[maybe_unused]] const auto never_fails =
      ForEachImage(conversation, [&](ImageBlock& image, const std::string& place) {
        images.push_back(&image);
        sources.push_back({.format = image.format, .bytes = image.bytes, .place = place});
        return Result<void>();
      });
  auto decoded = Decode(sources, stop);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  for (size_t i = 0; i < images.size(); ++i) {
    images[i]->format = kPixelFormat;
    images[i]->bytes = std::move((*decoded)[i]);
  }
  return {};
}

Result<void> ImageProgram::ReadAll(const models::Model& model, std::string& body,
                                   const std::stop_token& stop) const {
  auto parsed = json::Value::Parse(body);
  // What is no JSON, or no image, is refused by the engine.
  if (!parsed) return {};
  const std::vector<BodyImage> images = FindImages(*parsed);
  if (images.empty()) return {};
  const auto pixels = NeedsPixels(model, images.front().place);
  if (!pixels) return std::unexpected(pixels.error());
  if (!*pixels) return {};
  std::vector<std::string> files(images.size());
  std::vector<Source> sources;
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string_view url = *images[i].url->AsString();
    const size_t mark = url.find(kBase64);
    std::string format;
    if (url.starts_with(kDataUrl) && mark != std::string_view::npos) {
      format = url.substr(kDataUrl.size(), mark - kDataUrl.size());
    }
    if (!models::IsImageFormat(format) ||
        !AppendFromBase64(files[i], url.substr(mark + kBase64.size()))) {
      return std::unexpected(WithWordsOfBodies(
          {.fault = Fault::kValidation,
           .message = fmt::format("Image {} of the request is no data URL with base64 of a png, "
                                  "jpeg, gif or webp image.",
                                  i + 1)}));
    }
    sources.push_back({.format = std::move(format),
                       .bytes = files[i],
                       .place = fmt::format("place {} of the request", i + 1)});
  }
  auto decoded = Decode(sources, stop);
  if (!decoded) return std::unexpected(WithWordsOfBodies(std::move(decoded.error())));
  for (size_t i = 0; i < images.size(); ++i) {
    std::string url = fmt::format("{}{}{}", kDataUrl, kPixelFormat, kBase64);
    AppendBase64(url, (*decoded)[i]);
    *images[i].url = json::Value(std::move(url));
  }
  body = parsed->ToJson();
  return {};
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
