// Text that is written up to a bound. What goes beyond is not kept, and full() tells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bedplate::documents {

class BoundedText {
 public:
  explicit BoundedText(size_t bytes_max) : bytes_max_(bytes_max) {}

  BoundedText& operator+=(std::string_view text) {
    if (text.size() > bytes_max_ - text_.size()) {
      full_ = true;
    } else {
      text_ += text;
    }
    return *this;
  }
  bool full() const { return full_; }
  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  size_t bytes_max_;
  std::string text_;
  bool full_ = false;
};

}  // namespace bedplate::documents
