#include "engine/text/stop_matcher.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bedplate::engine {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  for (const std::string& stop : stops_) {
    assert(!stop.empty());
    longest_ = std::max(longest_, stop.size());
  }
}

size_t StopMatcher::Feed(std::string_view piece, std::string& out) {
  if (stops_.empty()) {
    out.append(piece);
    return kNone;
  }
  held_.append(piece);
  size_t found = kNone;
  size_t found_begin = 0;
  size_t found_end = std::string::npos;
  for (size_t i = 0; i < stops_.size(); ++i) {
    const size_t begin = held_.find(stops_[i]);
    if (begin == std::string::npos) continue;
    const size_t end = begin + stops_[i].size();
    if (end < found_end || (end == found_end && begin < found_begin)) {
      found = i;
      found_begin = begin;
      found_end = end;
    }
  }
  if (found != kNone) {
    out.append(held_, 0, found_begin);
    held_.clear();
    return found;
  }
  const size_t shown = held_.size() - LongestPartAtEnd();
  out.append(held_, 0, shown);
  held_.erase(0, shown);
  return kNone;
}

void StopMatcher::Finish(std::string& out) {
  out.append(held_);
  held_.clear();
}

// Length of the longest end of the held text that some stop sequence begins with.
size_t StopMatcher::LongestPartAtEnd() const {
  const std::string_view held = held_;
  for (size_t length = std::min(held.size(), longest_ - 1); length > 0; --length) {
    const std::string_view end = held.substr(held.size() - length);
    for (const std::string& stop : stops_) {
      if (stop.starts_with(end)) return length;
    }
  }
  return 0;
}

}  // namespace bedplate::engine
