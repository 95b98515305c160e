#include "wire/decode_failure.h"

#include <fmt/format.h>

namespace bedplate::wire {

void DecodeFailure::SetMismatch(std::string_view expected, std::string_view found) {
  if (!set()) what_ = fmt::format("Expected {}, found {}", expected, found);
}

// AWS counts list members from 1: messages.1.member.content
void DecodeFailure::WithinElement(size_t index) {
  path_.push_back(fmt::format("{}.member", index + 1));
}

std::string DecodeFailure::Message() const {
  if (path_.empty()) return what_;
  std::string path;
  for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
    if (!path.empty()) path += '.';
    path += *part;
  }
  return fmt::format("{}, at '{}'", what_, path);
}

Result<void> DecodeFailure::ToResult() const {
  if (!set()) return {};
  return Fail(Fault::kValidation, Message());
}

}  // namespace bedplate::wire
