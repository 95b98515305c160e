// The static description of the shapes of a service: what the generator knows about a structure,
// list, map, enumeration or simple type, and two functions that move its parts in and out of the
// C++ object. Codecs, validation and the HTTP binding are written once, over this.
//
// Threads: everything here is constant data.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "wire/types.h"

namespace bedplate::wire {

class ShapeReader;
class ShapeWriter;

enum class Kind : uint8_t {
  kStructure,
  kList,
  kMap,
  kString,
  kEnum,
  kInteger,  // 32 bits
  kLong,
  kFloat,
  kDouble,
  kBoolean,
  kBlob,
  kTimestamp,
  kDocument,
};

// Where a member travels in the HTTP message (rest protocols); kBody for all others.
enum class Location : uint8_t {
  kBody,
  kUri,
  kQuery,  // one parameter; a map member takes all of them
  kHeader,
  kHeaders,  // a map of headers with the prefix Member::wire_name
  kStatusCode,
};

enum class TimestampFormat : uint8_t {
  kDefault,  // the protocol's, or that of the place (header: RFC 822, query and uri: ISO 8601)
  kIso8601,
  kRfc822,
  kUnix,
};

// Traits of a shape or of a member (a bit each).
enum Trait : uint32_t {
  kNoTraits = 0,
  kRequired = 1u << 0,
  kSensitive = 1u << 1,  // never echoed or logged
  kPayload = 1u << 2,    // the member is the whole body
  kFlattened = 1u << 3,  // xml and query: no wrapping element
  kXmlAttribute = 1u << 4,
  kIdempotencyToken = 1u << 5,
  kStreaming = 1u << 6,
  kEventStream = 1u << 7,  // a union whose members are the events
  kUnion = 1u << 8,        // exactly one member is set
  kJsonText = 1u << 9,     // a string that holds JSON; base64 in a header
  kException = 1u << 10,
  kEvent = 1u << 11,
  kEventPayload = 1u << 12,  // the member is the whole payload of its event
  kEventHeader = 1u << 13,   // the member travels as a header of its event
  kHostLabel = 1u << 14,
};

// Limits of a shape. min and max are a length (strings: code points; blobs: bytes; lists and
// maps: entries) or, for whole numbers, a value; floating_min and floating_max bound the others.
struct Constraint {
  static constexpr int64_t kNoMin = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kNoMax = std::numeric_limits<int64_t>::max();
  int64_t min = kNoMin;
  int64_t max = kNoMax;
  double floating_min = -std::numeric_limits<double>::infinity();
  double floating_max = std::numeric_limits<double>::infinity();
  const char* pattern = nullptr;      // as the model has it, for the message
  const char* re2_pattern = nullptr;  // the same in RE2's syntax; nullptr: not enforced
};

struct Shape;

struct Member {
  std::string_view name{};       // as the model and the C++ structure spell it
  std::string_view wire_name{};  // as it travels: key, element, header or parameter
  const Shape* shape = nullptr;
  uint32_t traits = 0;  // the member's own and its shape's
  Location location = Location::kBody;
  TimestampFormat timestamp_format = TimestampFormat::kDefault;
  std::string_view xml_namespace_prefix{};
  std::string_view xml_namespace{};

  bool Has(Trait trait) const { return (traits & trait) != 0; }
};

struct Shape {
  std::string_view name{};
  Kind kind = Kind::kStructure;
  uint32_t traits = 0;
  const Constraint* constraint = nullptr;
  // Structure: its members. List: one, the element. Map: two, the key and the value.
  const Member* members = nullptr;
  uint16_t member_count = 0;
  uint16_t error_status = 0;      // exceptions: the HTTP status
  std::string_view error_code{};  // exceptions: the code on the wire (query has its own)
  const EnumNames* enum_names = nullptr;
  std::string_view xml_name{};  // root element, where the model gives one

  // Structure: reads member `index` into the object, marking it present.
  // List: appends one element. Map: reads the value of reader.key(). Then `index` is 0.
  void (*read)(void* object, uint32_t index, ShapeReader& reader) = nullptr;
  // Structure: offers each member that is set to ShapeWriter::BeginMember and writes it when
  // accepted. List and map: the same for each element or entry.
  void (*write)(const void* object, ShapeWriter& writer) = nullptr;

  bool Has(Trait trait) const { return (traits & trait) != 0; }
};

}  // namespace bedplate::wire
