// ImageIds: the ids that stretches of images have in prompts. An id is never given to another
// stretch, so a cached prefix with an image is only ever found by who sent the same image.
//
// Threads: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "base/result.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// Of all that an image is: size and pixels.
using ImageDigest = std::array<uint8_t, 32>;

class ImageIds {
 public:
  // Stretches remembered; one that was forgotten gets a new id and is computed anew.
  static constexpr size_t kEntriesMax = 16'384;
  // -1 is no token in llama.cpp.
  static constexpr TokenId kFirst = -2;

  explicit ImageIds(size_t entries_max = kEntriesMax, TokenId first = kFirst)
      : entries_max_(entries_max), next_(first) {}

  // The id of the n-th stretch of an image. kUnavailable when two thousand million were given.
  Result<TokenId> IdOf(const ImageDigest& image, uint32_t stretch);

 private:
  using Key = std::pair<ImageDigest, uint32_t>;
  struct Entry {
    TokenId id;
    std::list<Key>::iterator use;
  };

  const size_t entries_max_;
  std::mutex mutex_;
  std::map<Key, Entry> entries_;  // guarded by mutex_, as the next two
  std::list<Key> uses_;           // the latest first
  TokenId next_;
};

}  // namespace bedplate::engine
