#include "wire/cbor/cbor_writer.h"

#include <bit>

namespace bedplate::wire {
namespace {

enum Major : uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag };

constexpr char kBreak = '\xFF';
constexpr char kIndefiniteMap = '\xBF';
constexpr char kNull = '\xF6';
constexpr char kFalse = '\xF4';
constexpr char kTrue = '\xF5';
constexpr char kSingle = '\xFA';
constexpr char kDouble = '\xFB';
constexpr uint64_t kEpochTag = 1;

}  // namespace

void CborShapeWriter::BigEndian(uint64_t bits, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out_ += static_cast<char>(bits >> shift & 0xFF);
  }
}

void CborShapeWriter::Head(uint8_t major, uint64_t number) {
  const auto first = [major](int info) { return static_cast<char>(major << 5 | info); };
  if (number < 24) {
    out_ += first(static_cast<int>(number));
  } else if (number <= 0xFF) {
    out_ += first(24);
    BigEndian(number, 1);
  } else if (number <= 0xFFFF) {
    out_ += first(25);
    BigEndian(number, 2);
  } else if (number <= 0xFFFFFFFF) {
    out_ += first(26);
    BigEndian(number, 4);
  } else {
    out_ += first(27);
    BigEndian(number, 8);
  }
}

void CborShapeWriter::BeginMap() { out_ += kIndefiniteMap; }

void CborShapeWriter::EndMap() { out_ += kBreak; }

void CborShapeWriter::Structure(const Shape& shape, const void* object) {
  BeginMap();
  if (shape.write) shape.write(object, *this);
  EndMap();
}

void CborShapeWriter::List(const Shape& shape, const void* vector, size_t size) {
  Head(kArray, size);
  shape.write(vector, *this);
}

void CborShapeWriter::Map(const Shape& shape, const void* map, size_t size) {
  Head(kMap, size);
  shape.write(map, *this);
}

bool CborShapeWriter::BeginMember(const Member& member) {
  String(member.wire_name);
  return true;
}

void CborShapeWriter::String(std::string_view value) {
  Head(kText, value.size());
  out_ += value;
}

void CborShapeWriter::Long(int64_t value) {
  if (value >= 0) return Head(kUnsigned, static_cast<uint64_t>(value));
  Head(kNegative, static_cast<uint64_t>(-1 - value));
}

void CborShapeWriter::Float(float value) {
  out_ += kSingle;
  BigEndian(std::bit_cast<uint32_t>(value), 4);
}

void CborShapeWriter::Double(double value) {
  out_ += kDouble;
  BigEndian(std::bit_cast<uint64_t>(value), 8);
}

void CborShapeWriter::Boolean(bool value) { out_ += value ? kTrue : kFalse; }

void CborShapeWriter::WriteBlob(const Blob& value) {
  Head(kBytes, value.bytes.size());
  out_ += value.bytes;
}

void CborShapeWriter::WriteTimestamp(const Timestamp& value) {
  Head(kTag, kEpochTag);
  if (value.nanoseconds == 0) return Long(value.seconds);
  Double(static_cast<double>(value.seconds) + value.nanoseconds / 1e9);
}

// No service has free-form JSON outside of the JSON protocols.
void CborShapeWriter::WriteDocument(const Document&) { out_ += kNull; }

}  // namespace bedplate::wire
