// Images in prompts: a stretch of a prompt whose positions are computed from rows of numbers that
// an encoder made of an image, where others are computed from tokens.
//
// Such a position has a negative id in place of a token. All positions of a stretch have the same
// one; equal stretches of equal images have equal ids, different ones never (image_ids.h). So what
// compares prompts by their ids, such as the cache of prefixes, is right about images too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// An image without a format: rows from the top, three bytes a pixel, red first.
struct RgbImage {
  uint32_t width = 0;
  uint32_t height = 0;
  std::string pixels{};  // width * height * 3 bytes
};

// What an encoder takes for one stretch. Immutable; any thread.
class ImageChunk {
 public:
  virtual ~ImageChunk() = default;
  virtual uint32_t positions() const = 0;  // of the prompt that it takes; never 0
  // About what it takes in memory together with the rows that it becomes.
  virtual uint64_t bytes() const = 0;
};

// Row after row, one for each position of a stretch, each as long as the model's embeddings.
using ImageRows = std::vector<float>;

struct PromptImage {
  uint32_t begin = 0;  // its first position in the prompt
  uint32_t positions = 0;
  std::shared_ptr<const ImageChunk> chunk{};  // null once it is handed over to be encoded
  std::shared_ptr<const ImageRows> rows{};    // null until it is encoded
};

class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  // Takes up to seconds. kModelError when the computation fails, or soon after `give_up` says so.
  virtual Result<ImageRows> Encode(const ImageChunk& chunk,
                                   const std::function<bool()>& give_up) = 0;
};

}  // namespace bedplate::engine
