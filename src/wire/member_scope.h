// Which members of a structure a codec handles, and how it finds them by name.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/schema.h"

namespace bedplate::wire {

enum class MemberScope : uint8_t {
  kAll,
  kBody,  // of the outermost structure only those that lie in the body
};

// Whether a member of an output travels beside the body. Places that only a request has mean
// nothing here: such a member lies in the body.
inline bool InResponseHead(const Member& member) {
  return member.location == Location::kHeader || member.location == Location::kHeaders ||
         member.location == Location::kStatusCode;
}

// Finds members by wire name. Senders keep to the model's order as a rule, so the search starts
// after the last find.
class MemberFinder {
 public:
  MemberFinder(const Shape& shape, MemberScope scope) : shape_(shape), scope_(scope) {}

  // The index of the member, or -1.
  int Find(std::string_view wire_name) {
    for (uint32_t tried = 0; tried < shape_.member_count; ++tried) {
      if (next_ >= shape_.member_count) next_ = 0;
      const uint32_t index = next_++;
      const Member& member = shape_.members[index];
      if (member.wire_name == wire_name &&
          (scope_ == MemberScope::kAll || member.location == Location::kBody)) {
        return static_cast<int>(index);
      }
    }
    return -1;
  }

 private:
  const Shape& shape_;
  MemberScope scope_;
  uint32_t next_ = 0;
};

}  // namespace bedplate::wire
