#include "engine/inference/image_ids.h"

#include <limits>

namespace bedplate::engine {

Result<TokenId> ImageIds::IdOf(const ImageDigest& image, uint32_t stretch) {
  const std::lock_guard lock(mutex_);
  const Key key(image, stretch);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.id;
  }
  if (next_ == std::numeric_limits<TokenId>::min()) {
    return Fail(Fault::kUnavailable, "the engine has read as many images as it has ids for");
  }
  uses_.push_front(key);
  entries_.emplace(key, Entry{.id = next_, .use = uses_.begin()});
  if (entries_.size() > entries_max_) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  return next_--;
}

}  // namespace bedplate::engine
