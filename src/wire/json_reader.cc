#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/base64.h"
#include "wire/json_codec.h"
#include "wire/timestamp.h"

namespace bedplate::wire {
namespace {

// The value found, in words for a message.
std::string_view Found(json::Kind kind) {
  switch (kind) {
    case json::Kind::kObject:
      return "an object";
    case json::Kind::kArray:
      return "a list";
    case json::Kind::kString:
      return "a string";
    case json::Kind::kNumber:
      return "a number";
    case json::Kind::kBoolean:
      return "a boolean";
    case json::Kind::kNull:
      return "null";
    case json::Kind::kNone:
      break;
  }
  return "nothing";
}

// Long values are cut: a message is for people.
std::string Shown(std::string_view text) {
  constexpr size_t kShownMax = 40;
  if (text.size() <= kShownMax) return std::string(text);
  return std::string(text.substr(0, kShownMax)) + "...";
}

}  // namespace

Result<void> JsonShapeReader::Finish() {
  if (!failure_.set() && !reader_.Finish()) {
    failure_.Set("The body is not valid JSON: " + reader_.error());
  }
  return failure_.ToResult();
}

bool JsonShapeReader::TakeNull() { return reader_.Peek() == json::Kind::kNull && reader_.Null(); }

void JsonShapeReader::Refuse(std::string what) {
  failure_.Set(std::move(what));
  reader_.Fail("A value that does not fit");  // ends every loop; the message is failure_'s
}

// Whether the next value is of this kind. A value of another kind is a mismatch; no value at all is
// left to the reader, which says what is wrong with the text.
bool JsonShapeReader::Expect(json::Kind kind, std::string_view what) {
  const json::Kind found = reader_.Peek();
  if (found == kind) return true;
  if (found == json::Kind::kNone) {
    reader_.Skip();
    failure_.Set("The body is not valid JSON: " + reader_.error());
  } else {
    Refuse(fmt::format("Expected {}, found {}", what, Found(found)));
  }
  return false;
}

void JsonShapeReader::Structure(const Shape& shape, void* object) {
  if (!Expect(json::Kind::kObject, "an object")) return;
  MemberFinder finder(shape, scope_);
  scope_ = MemberScope::kAll;
  reader_.BeginObject();
  std::string_view name;
  while (reader_.NextKey(name)) {
    const int index = finder.Find(name);
    if (index < 0) {
      reader_.Skip();
      continue;
    }
    if (TakeNull()) continue;
    member_ = &shape.members[index];
    shape.read(object, static_cast<uint32_t>(index), *this);
    if (reader_.failed()) {
      failure_.Set("The body is not valid JSON: " + reader_.error());
      failure_.Within(shape.members[index].name);
      return;
    }
  }
}

// One element of a list or value of a map. Null is a value only where any JSON is.
void JsonShapeReader::Part(const Shape& shape, const Member& part, void* container) {
  member_ = &part;
  // A structure takes more space than its shortest text by far: each counts for sixteen.
  const int weight = part.shape->kind == Kind::kStructure ? 16 : 1;
  for (int i = 0; i < weight; ++i) {
    if (!reader_.CountValue()) return;
  }
  if (part.shape->kind != Kind::kDocument && reader_.Peek() == json::Kind::kNull) {
    Refuse("Expected a value, found null");
  } else {
    shape.read(container, 0, *this);
  }
}

void JsonShapeReader::List(const Shape& shape, void* vector) {
  if (!Expect(json::Kind::kArray, "a list")) return;
  reader_.BeginArray();
  for (size_t index = 0; reader_.NextElement(); ++index) {
    Part(shape, shape.members[0], vector);
    if (reader_.failed()) {
      failure_.Set("The body is not valid JSON: " + reader_.error());
      failure_.WithinElement(index);
      return;
    }
  }
}

void JsonShapeReader::Map(const Shape& shape, void* map) {
  if (!Expect(json::Kind::kObject, "an object")) return;
  reader_.BeginObject();
  std::string_view name;
  while (reader_.NextKey(name)) {
    std::string kept(name);  // the value may move key_ away, and a failure names it
    key_ = kept;
    Part(shape, shape.members[1], map);
    if (reader_.failed()) {
      failure_.Set("The body is not valid JSON: " + reader_.error());
      failure_.Within(kept);
      return;
    }
  }
}

void JsonShapeReader::String(std::string& value) {
  if (Expect(json::Kind::kString, "a string")) reader_.String(value);
}

bool JsonShapeReader::IntegerNumber(int64_t& value, std::string_view what) {
  if (!Expect(json::Kind::kNumber, what)) return false;
  const std::string_view text = reader_.Number();
  if (reader_.failed()) return false;
  if (json::ToInt64(text, value)) return true;
  Refuse(fmt::format("Expected {}, found {}", what, Shown(text)));
  return false;
}

void JsonShapeReader::Integer(int32_t& value) {
  static constexpr std::string_view kWhat = "a 32-bit integer";
  int64_t wide = 0;
  if (!IntegerNumber(wide, kWhat)) return;
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
    return Refuse(fmt::format("Expected {}, found {}", kWhat, wide));
  }
  value = static_cast<int32_t>(wide);
}

void JsonShapeReader::Long(int64_t& value) { IntegerNumber(value, "a 64-bit integer"); }

// What JSON numbers cannot say travels as a string.
// spec: smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#shape-serialization
bool JsonShapeReader::SpecialNumber(double& value) {
  if (reader_.Peek() != json::Kind::kString) return false;
  const std::string_view text = reader_.String();
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
  } else {
    Refuse("Expected a number, found a string");
  }
  return true;
}

void JsonShapeReader::Float(float& value) {
  double special = 0;
  if (SpecialNumber(special)) {
    value = static_cast<float>(special);
  } else if (Expect(json::Kind::kNumber, "a number")) {
    const std::string_view text = reader_.Number();
    if (!reader_.failed() && !json::ToFloat(text, value)) {
      Refuse(fmt::format("Expected a single-precision number, found {}", Shown(text)));
    }
  }
}

void JsonShapeReader::Double(double& value) {
  if (SpecialNumber(value) || !Expect(json::Kind::kNumber, "a number")) return;
  const std::string_view text = reader_.Number();
  if (!reader_.failed() && !json::ToDouble(text, value)) {
    Refuse(fmt::format("Expected a double-precision number, found {}", Shown(text)));
  }
}

void JsonShapeReader::Boolean(bool& value) {
  if (Expect(json::Kind::kBoolean, "a boolean")) reader_.Boolean(value);
}

void JsonShapeReader::ReadBlob(Blob& value) {
  if (!Expect(json::Kind::kString, "base64 text")) return;
  const std::string_view text = reader_.String();
  value.bytes.clear();
  if (!reader_.failed() && !AppendFromBase64(value.bytes, text)) {
    Refuse("Expected base64 text, found other text");
  }
}

void JsonShapeReader::ReadTimestamp(Timestamp& value) {
  const TimestampFormat format = member_ ? member_->timestamp_format : TimestampFormat::kDefault;
  const json::Kind found = reader_.Peek();
  if (found != json::Kind::kNumber && !Expect(json::Kind::kString, "a timestamp")) return;
  const std::string_view text = found == json::Kind::kNumber ? reader_.Number() : reader_.String();
  // A number is always seconds; text is what the model says, or any form when it says nothing.
  const auto expected = found == json::Kind::kNumber       ? TimestampFormat::kUnix
                        : format == TimestampFormat::kUnix ? TimestampFormat::kDefault
                                                           : format;
  if (!reader_.failed() && !ParseTimestamp(text, expected, value)) {
    Refuse(fmt::format("Expected a timestamp, found {}", Shown(text)));
  }
}

void JsonShapeReader::ReadDocument(Document& value) {
  const std::string_view text = reader_.Raw();
  if (!reader_.failed()) value = Document::FromValidJson(std::string(text));
}

}  // namespace bedplate::wire
