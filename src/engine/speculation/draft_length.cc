#include "engine/speculation/draft_length.h"

#include <algorithm>

namespace bedplate::engine {

uint32_t DraftLength::Next() {
  if (pause_ == 0) return length_;
  --pause_;
  return 0;
}

void DraftLength::Judge(uint32_t drafted, uint32_t accepted) {
  if (accepted == 0) {
    length_ = std::max(1U, length_ / 2);
    pause_ = next_pause_;
    next_pause_ = std::min(2 * next_pause_, kPauseMax);
    return;
  }
  // A draft may have been cut shorter than it was allowed to be.
  length_ = accepted == drafted ? std::min(std::max(length_, 2 * drafted), kMax) : accepted + 1;
  next_pause_ = 1;
}

}  // namespace bedplate::engine
