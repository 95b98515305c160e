#include "wire/cbor/cbor_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/json/reader.h"
#include "wire/member_scope.h"

namespace bedplate::wire {
namespace {

enum Major : uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

constexpr uint8_t kBreak = 0xFF;
constexpr uint8_t kNull = 0xF6;
constexpr uint8_t kUndefined = 0xF7;
constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;
constexpr uint8_t kHalf = 25;
constexpr uint8_t kSingle = 26;
constexpr uint8_t kDouble = 27;
constexpr uint64_t kEpochTag = 1;
constexpr uint64_t kIndefinite = std::numeric_limits<uint64_t>::max();
constexpr size_t kDepthMax = json::kDepthMax;
constexpr int64_t kStructureWeight = 16;  // as in JsonShapeReader

std::string_view MajorName(uint8_t major) {
  static constexpr std::string_view kNames[] = {"an integer", "an integer",    "bytes",
                                                "a string",   "a list",        "a map",
                                                "a tag",      "a simple value"};
  return kNames[major & 7];
}

double HalfToDouble(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int mantissa = bits & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

bool CborShapeReader::Fail(std::string what) {
  failure_.Set(std::move(what));
  rest_ = {};
  return false;
}

void CborShapeReader::Mismatch(std::string_view expected, const Head& head) {
  Fail(fmt::format("Expected {}, found {}", expected, MajorName(head.major)));
}

Result<void> CborShapeReader::Finish() {
  if (!failure_.set() && !rest_.empty()) failure_.Set("Something after the value");
  return failure_.ToResult();
}

bool CborShapeReader::ReadHead(Head& head) {
  if (failure_.set()) return false;
  if (rest_.empty()) return Fail("The body ends where a value should be");
  const auto first = static_cast<uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  head.major = first >> 5;
  head.info = first & 0x1F;
  head.number = head.info;
  if (head.info < 24) return true;
  if (head.info == 31) return head.major >= kBytes && head.major != kTag;
  if (head.info > 27) return Fail("A byte that CBOR keeps for later");
  const size_t size = size_t{1} << (head.info - 24);
  if (rest_.size() < size) return Fail("The body ends within a value");
  head.number = 0;
  for (size_t i = 0; i < size; ++i) head.number = head.number << 8 | static_cast<uint8_t>(rest_[i]);
  rest_.remove_prefix(size);
  return true;
}

bool CborShapeReader::TakeBreak() {
  if (!PeekByte(kBreak)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool CborShapeReader::TakeNull() {
  if (!PeekByte(kNull) && !PeekByte(kUndefined)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool CborShapeReader::Begin(uint8_t major, std::string_view what, uint64_t& items) {
  Head head;
  if (!ReadHead(head)) return Fail("A value that CBOR does not have");
  if (head.major != major) return Mismatch(what, head), false;
  if (depth_ >= kDepthMax) return Fail(fmt::format("Nesting of more than {} levels", kDepthMax));
  // An item takes a byte at least.
  if (!head.indefinite() && head.number > rest_.size()) return Fail("The body ends within a value");
  items = head.indefinite() ? kIndefinite : head.number;
  ++depth_;
  return true;
}

bool CborShapeReader::Next(uint64_t& items) {
  if (failure_.set()) return false;
  const bool end = items == kIndefinite ? TakeBreak() : items == 0;
  if (end) {
    --depth_;
    return false;
  }
  if (items != kIndefinite) --items;
  return true;
}

// The rest of a string or of bytes, whole or in chunks.
bool CborShapeReader::Chunks(const Head& head, std::string& out) {
  if (!head.indefinite()) {
    if (head.number > rest_.size()) return Fail("The body ends within a value");
    out.append(rest_.substr(0, head.number));
    rest_.remove_prefix(head.number);
    return true;
  }
  while (!TakeBreak()) {
    Head chunk;
    if (!ReadHead(chunk)) return Fail("A value that CBOR does not have");
    if (chunk.major != head.major || chunk.indefinite()) return Fail("A chunk of another kind");
    if (!Chunks(chunk, out)) return false;
  }
  return true;
}

bool CborShapeReader::Text(std::string& out, uint8_t major, std::string_view what) {
  Head head;
  if (!ReadHead(head)) return Fail("A value that CBOR does not have");
  if (head.major != major) return Mismatch(what, head), false;
  out.clear();
  if (!Chunks(head, out)) return false;
  return major != kText || json::IsUtf8(out) || Fail("Text that is not UTF-8");
}

void CborShapeReader::Structure(const Shape& shape, void* object) {
  uint64_t items = 0;
  if (!Begin(kMap, "a map", items)) return;
  MemberFinder finder(shape, MemberScope::kAll);
  std::vector<bool> seen(shape.member_count);
  std::string name;
  while (Next(items)) {
    if (!Text(name, kText, "a string for a key")) return;
    const int index = finder.Find(name);
    if (index < 0) {
      Skip();
      continue;
    }
    const Member& member = shape.members[index];
    if (seen[static_cast<size_t>(index)]) {
      Fail("A member that stands twice");
    } else if (!TakeNull()) {
      shape.read(object, static_cast<uint32_t>(index), *this);
    }
    seen[static_cast<size_t>(index)] = true;
    if (failure_.set()) return failure_.Within(member.name);
  }
}

void CborShapeReader::Part(const Shape& shape, const Member& part, void* container) {
  values_ += part.shape->kind == Kind::kStructure ? kStructureWeight : 1;
  if (values_ > json::kValuesMax) {
    Fail("Too many values");
  } else if (TakeNull()) {
    Fail("Expected a value, found null");
  } else {
    shape.read(container, 0, *this);
  }
}

void CborShapeReader::List(const Shape& shape, void* vector) {
  uint64_t items = 0;
  if (!Begin(kArray, "a list", items)) return;
  for (size_t index = 0; Next(items); ++index) {
    Part(shape, shape.members[0], vector);
    if (failure_.set()) return failure_.WithinElement(index);
  }
}

void CborShapeReader::Map(const Shape& shape, void* map) {
  uint64_t items = 0;
  if (!Begin(kMap, "a map", items)) return;
  std::string name;
  while (Next(items)) {
    if (!Text(name, kText, "a string for a key")) return;
    key_ = name;
    Part(shape, shape.members[1], map);
    if (failure_.set()) return failure_.Within(name);
  }
}

void CborShapeReader::String(std::string& value) { Text(value, kText, "a string"); }

void CborShapeReader::ReadBlob(Blob& value) { Text(value.bytes, kBytes, "bytes"); }

void CborShapeReader::Long(int64_t& value) {
  Head head;
  if (!ReadHead(head)) {
    Fail("A value that CBOR does not have");
    return;
  }
  if (head.major > kNegative) return Mismatch("an integer", head);
  if (head.number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    Fail("Expected a 64-bit integer, found a larger one");
    return;
  }
  const auto number = static_cast<int64_t>(head.number);
  value = head.major == kUnsigned ? number : -1 - number;
}

void CborShapeReader::Integer(int32_t& value) {
  int64_t wide = 0;
  Long(wide);
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
    Fail(fmt::format("Expected a 32-bit integer, found {}", wide));
    return;
  }
  value = static_cast<int32_t>(wide);
}

// A float of any width, or an integer.
bool CborShapeReader::Floating(const Head& head, double& value) {
  if (head.major == kUnsigned) {
    value = static_cast<double>(head.number);
  } else if (head.major == kNegative) {
    value = -1.0 - static_cast<double>(head.number);
  } else if (head.major == kSimple && head.info == kHalf) {
    value = HalfToDouble(static_cast<uint16_t>(head.number));
  } else if (head.major == kSimple && head.info == kSingle) {
    value = std::bit_cast<float>(static_cast<uint32_t>(head.number));
  } else if (head.major == kSimple && head.info == kDouble) {
    value = std::bit_cast<double>(head.number);
  } else {
    return Mismatch("a number", head), false;
  }
  return true;
}

void CborShapeReader::Double(double& value) {
  Head head;
  if (ReadHead(head)) {
    Floating(head, value);
  } else {
    Fail("A value that CBOR does not have");
  }
}

void CborShapeReader::Float(float& value) {
  double wide = 0;
  Double(wide);
  if (std::isfinite(wide) && std::fabs(wide) > std::numeric_limits<float>::max()) {
    Fail(fmt::format("Expected a single-precision number, found {}", wide));
    return;
  }
  value = static_cast<float>(wide);
}

void CborShapeReader::Boolean(bool& value) {
  Head head;
  if (!ReadHead(head)) {
    Fail("A value that CBOR does not have");
    return;
  }
  if (head.major != kSimple || (head.info != kTrue && head.info != kFalse)) {
    return Mismatch("a boolean", head);
  }
  value = head.info == kTrue;
}

void CborShapeReader::ReadTimestamp(Timestamp& value) {
  Head head;
  if (!ReadHead(head) || head.major != kTag || head.number != kEpochTag) {
    Fail("Expected a timestamp (tag 1)");
    return;
  }
  double seconds = 0;
  Double(seconds);
  constexpr double kYear10000 = 253402300800.0;
  if (!(std::fabs(seconds) < kYear10000)) {
    Fail("Expected a timestamp, found a number that is none");
    return;
  }
  const double whole = std::floor(seconds);
  value.seconds = static_cast<int64_t>(whole);
  // A double holds about microseconds of today; milliseconds are what services keep.
  value.nanoseconds = static_cast<int32_t>(std::lround((seconds - whole) * 1000)) * 1'000'000;
  if (value.nanoseconds == 1'000'000'000) {
    value.nanoseconds = 0;
    ++value.seconds;
  }
}

void CborShapeReader::ReadDocument(Document&) { Fail("Free-form values are not part of CBOR"); }

// Takes any item with all that it holds.
void CborShapeReader::Skip() {
  Head head;
  const std::string_view before = rest_;
  if (!ReadHead(head)) {
    Fail("A value that CBOR does not have");
    return;
  }
  std::string unused;
  switch (head.major) {
    case kBytes:
    case kText:
      Chunks(head, unused);
      return;
    case kArray:
    case kMap: {
      rest_ = before;
      uint64_t items = 0;
      if (!Begin(head.major, "a value", items)) return;
      while (Next(items)) {
        if (head.major == kMap) Skip();
        Skip();
      }
      return;
    }
    case kTag:
      if (depth_ >= kDepthMax) {
        Fail(fmt::format("Nesting of more than {} levels", kDepthMax));
        return;
      }
      ++depth_;
      Skip();
      --depth_;
      return;
    default:
      if (head.indefinite()) Fail("A break where a value should be");
  }
}

}  // namespace bedplate::wire
