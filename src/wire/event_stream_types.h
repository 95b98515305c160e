// The numbers by which an event-stream header says its value's type.
// spec: smithy.io/2.0/aws/amazon-eventstream.html#headers
#pragma once

#include <cstdint>

namespace bedplate::wire::event_stream {

enum class ValueType : uint8_t {
  kTrue = 0,
  kFalse = 1,
  kByte = 2,
  kShort = 3,
  kInteger = 4,
  kLong = 5,
  kByteArray = 6,
  kString = 7,
  kTimestamp = 8,
  kUuid = 9,
};

}  // namespace bedplate::wire::event_stream
