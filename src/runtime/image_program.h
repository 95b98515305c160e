// Images for models on this machine are decoded by a program of its own, bedplate-images, within
// limits; an engine gets pixels and decodes nothing. Servers at URLs get the files as they are.
//
// Errors: kValidation naming the image for one that can't be read, or when all of a request are too
// many or too large; kUnavailable when the program is missing. Threads: any; what says so blocks,
// so call it on a BlockingPool.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "models/model.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

class ImageProgram {
 public:
  // `program` is a path; `environment` are "NAME=value", all that the program gets. Without a
  // program no image is read.
  ImageProgram() = default;
  ImageProgram(std::string program, std::vector<std::string> environment)
      : program_(std::move(program)), environment_(std::move(environment)) {}

  // Replaces the file of each image of `conversation` by its pixels (kPixelFormat), scaled down
  // where it has more than models use. Blocks; kUnavailable when a stop was asked for, as nobody
  // waits any more.
  Result<void> ReadAll(Conversation& conversation, const std::stop_token& stop = {}) const;
  // The same for a request to `model` in OpenAI's protocol, whose images are data URLs; nothing for
  // a model that needs no pixels (NeedsPixels, which may fail). Blocks.
  Result<void> ReadAll(const models::Model& model, std::string& body,
                       const std::stop_token& stop = {}) const;

 private:
  struct Source {
    std::string format;
    std::string_view bytes;
    std::string place;  // for the message of a failure
  };
  // What each image may have of pixels, and all together still take.
  struct Allowance {
    uint64_t pixels_max;
    std::chrono::milliseconds time;
    std::stop_token stop;
  };
  Result<std::vector<std::string>> Decode(const std::vector<Source>& sources,
                                          const std::stop_token& stop) const;
  Result<std::string> DecodeOne(const Source& source, Allowance& left) const;

  std::string program_;
  std::vector<std::string> environment_;
};

// What ImageBlock::format then is: a portable pixmap (P6).
inline constexpr std::string_view kPixelFormat = "x-portable-pixmap";

// Whether a request for this model must be read by ReadAll first: the model runs here. kValidation
// when its weights have no projector, so that they take no image; `place` names the first image.
Result<bool> NeedsPixels(const models::Model& model, std::string_view place);

// The place of the first image, or empty.
std::string FirstImage(const Conversation& conversation);
// Whether a body in OpenAI's protocol may have images.
bool MayHaveImages(std::string_view body);

}  // namespace bedplate::runtime
