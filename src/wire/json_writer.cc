#include <cmath>

#include "base/base64.h"
#include "wire/json_codec.h"
#include "wire/timestamp.h"

namespace bedplate::wire {

void JsonShapeWriter::Structure(const Shape& shape, const void* object) {
  ++depth_;
  writer_.BeginObject();
  if (shape.write) shape.write(object, *this);
  writer_.EndObject();
  --depth_;
}

void JsonShapeWriter::List(const Shape& shape, const void* vector, size_t) {
  member_ = &shape.members[0];
  writer_.BeginArray();
  shape.write(vector, *this);
  writer_.EndArray();
}

void JsonShapeWriter::Map(const Shape& shape, const void* map, size_t) {
  member_ = &shape.members[1];
  writer_.BeginObject();
  shape.write(map, *this);
  writer_.EndObject();
}

bool JsonShapeWriter::BeginMember(const Member& member) {
  if (depth_ == 1 && scope_ == MemberScope::kBody && InResponseHead(member)) return false;
  member_ = &member;
  writer_.Key(member.wire_name);
  return true;
}

void JsonShapeWriter::Float(float value) {
  if (std::isfinite(value)) return writer_.Float(value);
  Double(value);
}

void JsonShapeWriter::Double(double value) {
  if (std::isfinite(value)) return writer_.Double(value);
  writer_.String(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void JsonShapeWriter::WriteBlob(const Blob& value) {
  std::string text;
  AppendBase64(text, value.bytes);
  writer_.String(text);
}

void JsonShapeWriter::WriteTimestamp(const Timestamp& value) {
  const TimestampFormat format = member_ ? member_->timestamp_format : TimestampFormat::kDefault;
  std::string text;
  if (format == TimestampFormat::kDefault || format == TimestampFormat::kUnix) {
    AppendTimestamp(text, TimestampFormat::kUnix, value);
    writer_.Raw(text);
  } else {
    AppendTimestamp(text, format, value);
    writer_.String(text);
  }
}

}  // namespace bedplate::wire
