// What a codec could not decode, and where: the words of a SerializationException.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::wire {

// Keeps the first failure of a reader. The reader sets it where it happens and adds the members
// that lead there as it unwinds.
class DecodeFailure {
 public:
  void Set(std::string what) {
    if (what_.empty()) what_ = std::move(what);
  }
  // "Expected a string, found a number".
  void SetMismatch(std::string_view expected, std::string_view found);
  void Within(std::string_view member) { path_.emplace_back(member); }
  void WithinElement(size_t index);  // from 0

  bool set() const { return !what_.empty(); }
  // "Expected a string, found a number, at 'messages.1.member.role'". Only when set.
  std::string Message() const;
  // kValidation with the message, or success when nothing was set.
  Result<void> ToResult() const;

 private:
  std::string what_;
  std::vector<std::string> path_;  // innermost first
};

}  // namespace bedplate::wire
