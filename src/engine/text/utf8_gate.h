// Utf8Gate: lets only whole UTF-8 characters out. A token of a model may end in the middle of a
// character; what is incomplete waits for the next token.
#pragma once

#include <string>
#include <string_view>

namespace bedplate::engine {

// Not thread-safe. At most 3 bytes are held.
class Utf8Gate {
 public:
  // Appends to `out` every character that is whole with these bytes. Bytes that can be no part of
  // one become U+FFFD, one for each maximal part of a character (the practice Unicode recommends,
  // section 3.9), so `out` is always valid.
  void Feed(std::string_view bytes, std::string& out);

  // Whether the start of a character is held. At the end of an answer it is dropped: the rest was
  // never made, so there is no character to show.
  bool holds_part() const { return !held_.empty(); }

 private:
  std::string held_;
};

}  // namespace bedplate::engine
