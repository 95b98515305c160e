// DraftLength: how many tokens the next draft of an answer may have. Grows while drafts are right,
// falls to pauses while they are wrong. Pure; one for each answer and source of drafts.
#pragma once

#include <cstdint>

namespace bedplate::engine {

class DraftLength {
 public:
  static constexpr uint32_t kFirst = 4;
  static constexpr uint32_t kMax = 32;
  static constexpr uint32_t kPauseMax = 32;  // tokens

  // To be asked once for each token of the answer; 0 in a pause.
  uint32_t Next();
  // Of the last draft's tokens so many were right; `drafted` is at least 1.
  void Judge(uint32_t drafted, uint32_t accepted);

 private:
  uint32_t length_ = kFirst;
  uint32_t pause_ = 0;       // tokens left of it
  uint32_t next_pause_ = 1;  // doubles with each draft that was all wrong
};

}  // namespace bedplate::engine
