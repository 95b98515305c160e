// Images for models on this machine are decoded by a program of its own, bedplate-images, within
// limits; an engine gets pixels and decodes nothing. Servers at URLs get the files as they are.
//
// Errors: kValidation naming the image for one that can't be read, or when all of a request are too
// many or too large; kThrottling when those of all requests take too much memory; kUnavailable when
// the program is missing. Threads: any; what says so blocks, so call it on a BlockingPool.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_budget.h"
#include "base/json/value.h"
#include "base/result.h"
#include "models/model.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// The images of one request on their way to pixels. They are decoded one at a time, so that
// requests can take turns.
class ImageReading {
 public:
  bool done() const { return decoded_.size() == sources_.size(); }

 private:
  friend class ImageProgram;
  struct Source {
    std::string format;
    std::string_view bytes;
    std::string place;  // for the message of a failure
  };
  std::vector<Source> sources_{};
  std::vector<std::string> decoded_{};  // of the first so many
  bool in_body_ = false;                // failures are in the words of bodies
  uint64_t pixels_max_ = 0;             // that each may have
  std::chrono::milliseconds time_{};    // that all together may still take
};

// The same of a request in OpenAI's protocol, whose images are data URLs.
struct BodyImageReading {
  struct Image {
    json::Value* url;   // in `body`
    std::string place;  // "messages.0.content.1"
  };
  json::Value body{};
  std::vector<Image> images{};
  std::vector<std::string> files{};
  ImageReading reading{};
};

class ImageProgram {
 public:
  // `program` is a path; `environment` are "NAME=value", all that the program gets. `memory`, which
  // outlives this, is what all requests may hold. Without a program no image is read.
  ImageProgram() = default;
  ImageProgram(std::string program, std::vector<std::string> environment, ByteBudget& memory)
      : program_(std::move(program)), environment_(std::move(environment)), memory_(&memory) {}

  // Begins to read the images of `conversation`, which stays as it is until Put. `held` is from
  // then on what the pixels take, until they are sent.
  Result<ImageReading> Begin(const Conversation& conversation, ByteBudget::Share& held) const;
  // The same of a request to `model`, whose `body` it takes; null, and takes nothing, where a model
  // needs no pixels (NeedsPixels, which may fail). Takes long for large bodies.
  Result<std::unique_ptr<BodyImageReading>> Begin(const models::Model& model, std::string& body,
                                                  ByteBudget::Share& held) const;
  // Decodes the next image of one that is not done, scaled down where it has more pixels than
  // models use. Blocks; kUnavailable when a stop was asked for, as nobody waits any more.
  Result<void> DecodeNext(ImageReading& reading, const std::stop_token& stop = {}) const;

  // Puts the pixels (kPixelFormat) in the place of the files; `reading` is done.
  static void Put(ImageReading reading, Conversation& conversation);
  static std::string Put(BodyImageReading& reading);

 private:
  using Source = ImageReading::Source;
  // The budget is asked before anything is decoded.
  Result<void> Reserve(uint64_t pixels, ByteBudget::Share& held) const;
  Result<ImageReading> BeginOf(std::vector<Source> sources, bool in_body,
                               ByteBudget::Share& held) const;

  std::string program_;
  std::vector<std::string> environment_;
  ByteBudget* memory_ = nullptr;  // there where program_ is
};

// What ImageBlock::format then is: a portable pixmap (P6).
inline constexpr std::string_view kPixelFormat = "x-portable-pixmap";

// Whether the images of a request for this model must be read first: the model runs here.
// kValidation when its weights have no projector, so that they take no image; `place` names the
// first image.
Result<bool> NeedsPixels(const models::Model& model, std::string_view place);

// The place of the first image, or empty.
std::string FirstImage(const Conversation& conversation);
// Whether a body in OpenAI's protocol may have images.
bool MayHaveImages(std::string_view body);

}  // namespace bedplate::runtime
