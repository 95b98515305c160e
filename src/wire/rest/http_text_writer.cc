#include <fmt/format.h>

#include "base/base64.h"
#include "wire/rest/http_text.h"
#include "wire/timestamp.h"
#include "wire/value_text.h"

namespace bedplate::wire {

void TextShapeWriter::Append(std::string_view text) {
  if (in_map_) {
    entries_.back().second = text;
  } else {
    text_ += text;
  }
}

void TextShapeWriter::List(const Shape& shape, const void* vector, size_t) {
  in_list_ = true;
  shape.write(vector, *this);
  in_list_ = false;
}

void TextShapeWriter::Map(const Shape& shape, const void* map, size_t) {
  in_map_ = true;
  shape.write(map, *this);
}

void TextShapeWriter::BeginElement() {
  if (!first_) text_ += ", ";
  first_ = false;
}

void TextShapeWriter::BeginEntry(std::string_view key) { entries_.emplace_back(key, ""); }

void TextShapeWriter::String(std::string_view value) {
  if (member_.Has(kJsonText) && member_.location == Location::kHeader) {
    std::string text;
    AppendBase64(text, value);
    return Append(text);
  }
  if (!in_list_ || value.find_first_of(",\"") == std::string_view::npos) return Append(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  Append(quoted + '"');
}

void TextShapeWriter::Long(int64_t value) { Append(fmt::format("{}", value)); }

void TextShapeWriter::Float(float value) { Append(NumberText(value)); }

void TextShapeWriter::Double(double value) { Append(NumberText(value)); }

void TextShapeWriter::WriteBlob(const Blob& value) {
  std::string text;
  AppendBase64(text, value.bytes);
  Append(text);
}

void TextShapeWriter::WriteTimestamp(const Timestamp& value) {
  std::string text;
  AppendTimestamp(text, TextTimestampFormat(member_), value);
  Append(text);
}

}  // namespace bedplate::wire
