// StopMatcher: finds stop sequences in text that comes in pieces, wherever the pieces are cut.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::engine {

// Not thread-safe. Text that may yet become a stop sequence is held back and let out when it
// cannot any more. The result does not depend on where the pieces are cut: the sequence whose
// last byte comes first wins, of several ending there the longest.
class StopMatcher {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit StopMatcher(std::vector<std::string> stops);  // none of them empty

  // Takes the next piece and appends to `out` what may be shown. Returns the index of the stop
  // sequence that is now complete, or kNone; neither it nor what follows is shown, and nothing
  // more may be fed.
  size_t Feed(std::string_view piece, std::string& out);

  // The answer ended without a stop sequence: what was held back is shown.
  void Finish(std::string& out);

  const std::string& stop(size_t index) const { return stops_[index]; }
  size_t held_bytes() const { return held_.size(); }

 private:
  size_t LongestPartAtEnd() const;

  std::vector<std::string> stops_;
  size_t longest_ = 0;
  std::string held_;
};

}  // namespace bedplate::engine
