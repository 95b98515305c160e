#include "base/json/value.h"

#include <charconv>
#include <cmath>

#include "base/json/writer.h"

namespace bedplate::json {
namespace {

Value ReadNumber(Reader& reader) {
  const std::string_view text = reader.Number();
  if (reader.failed()) return {};
  // "-0" is a double's: an integer would lose its sign.
  if (text.find_first_of(".eE") == std::string_view::npos && text != "-0") {
    const char* const end = text.data() + text.size();
    int64_t integer = 0;
    if (const auto r = std::from_chars(text.data(), end, integer); r.ec == std::errc()) {
      return Value(integer);
    }
    uint64_t large = 0;
    if (const auto r = std::from_chars(text.data(), end, large); r.ec == std::errc()) {
      return Value(large);
    }
  }
  double value = 0;
  if (!ToDouble(text, value)) reader.Fail("A number beyond the range of a double");
  return Value(value);
}

bool SameObject(const Value::Object& a, const Value& b_value, const Value::Object& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const Value* const other = b_value.Find(key);
    if (!other || !(value == *other)) return false;
  }
  return true;
}

}  // namespace

Result<Value> Value::Parse(std::string_view text) {
  Reader reader(text);
  Value value = Read(reader);
  if (!reader.Finish()) return bedplate::Fail(Fault::kValidation, reader.error());
  return value;
}

Value Value::Read(Reader& reader) {
  if (!reader.CountValue()) return {};
  switch (reader.Peek()) {
    case Kind::kObject: {
      Object object;
      std::string_view key;
      if (reader.BeginObject()) {
        while (reader.NextKey(key)) {
          std::string name(key);
          object.emplace_back(std::move(name), Read(reader));
        }
      }
      return Value(std::move(object));
    }
    case Kind::kArray: {
      Array array;
      if (reader.BeginArray()) {
        while (reader.NextElement()) array.push_back(Read(reader));
      }
      return Value(std::move(array));
    }
    case Kind::kString:
      return Value(reader.String());
    case Kind::kNumber:
      return ReadNumber(reader);
    case Kind::kBoolean: {
      bool boolean = false;
      reader.Boolean(boolean);
      return Value(boolean);
    }
    case Kind::kNull:
    case Kind::kNone:
      break;
  }
  reader.Skip();  // takes null, or says why there is no value
  return {};
}

Kind Value::kind() const {
  switch (data_.index()) {
    case 0:
      return Kind::kNull;
    case 1:
      return Kind::kBoolean;
    case 2:
    case 3:
    case 4:
      return Kind::kNumber;
    case 5:
      return Kind::kString;
    case 6:
      return Kind::kArray;
    default:
      return Kind::kObject;
  }
}

bool Value::ToDouble(double& value) const {
  if (const auto* integer = std::get_if<int64_t>(&data_)) {
    value = static_cast<double>(*integer);
  } else if (const auto* large = std::get_if<uint64_t>(&data_)) {
    value = static_cast<double>(*large);
  } else if (const auto* number = std::get_if<double>(&data_)) {
    value = *number;
  } else {
    return false;
  }
  return true;
}

bool Value::ToInt64(int64_t& value) const {
  if (const auto* integer = std::get_if<int64_t>(&data_)) {
    value = *integer;
    return true;
  }
  if (const auto* large = std::get_if<uint64_t>(&data_)) {
    if (*large > static_cast<uint64_t>(INT64_MAX)) return false;
    value = static_cast<int64_t>(*large);
    return true;
  }
  const auto* number = std::get_if<double>(&data_);
  // -2^63 is a double, 2^63 - 1 is not: the upper bound is the first double beyond it.
  if (!number || std::trunc(*number) != *number || *number < -0x1p63 || *number >= 0x1p63) {
    return false;
  }
  value = static_cast<int64_t>(*number);
  return true;
}

const Value* Value::Find(std::string_view key) const {
  const Object* const object = AsObject();
  if (!object) return nullptr;
  for (const auto& [name, value] : *object) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value* Value::Find(std::string_view key) {
  return const_cast<Value*>(static_cast<const Value*>(this)->Find(key));
}

Value& Value::Set(std::string_view key, Value value) {
  if (is_null()) data_ = Object();
  if (Value* const present = Find(key)) return *present = std::move(value);
  return std::get<Object>(data_).emplace_back(std::string(key), std::move(value)).second;
}

bool Value::Remove(std::string_view key) {
  Object* const object = AsObject();
  if (!object) return false;
  return std::erase_if(*object, [key](const auto& member) { return member.first == key; }) != 0;
}

Value& Value::Append(Value value) {
  if (is_null()) data_ = Array();
  return std::get<Array>(data_).emplace_back(std::move(value));
}

void Value::Write(Writer& writer) const {
  switch (data_.index()) {
    case 0:
      return writer.Null();
    case 1:
      return writer.Boolean(std::get<bool>(data_));
    case 2:
      return writer.Integer(std::get<int64_t>(data_));
    case 3:
      return writer.Unsigned(std::get<uint64_t>(data_));
    case 4:
      return writer.Double(std::get<double>(data_));
    case 5:
      return writer.String(std::get<std::string>(data_));
    case 6:
      writer.BeginArray();
      for (const Value& element : std::get<Array>(data_)) element.Write(writer);
      return writer.EndArray();
    default:
      writer.BeginObject();
      for (const auto& [key, value] : std::get<Object>(data_)) {
        writer.Key(key);
        value.Write(writer);
      }
      return writer.EndObject();
  }
}

std::string Value::ToJson() const {
  std::string json;
  Writer writer(json);
  Write(writer);
  return json;
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (const auto* object = a.AsObject()) return SameObject(*object, b, *b.AsObject());
  if (a.kind() != Kind::kNumber || a.data_.index() == b.data_.index()) return a.data_ == b.data_;
  int64_t a_integer = 0;
  int64_t b_integer = 0;
  const bool a_fits = a.ToInt64(a_integer);
  if (a_fits != b.ToInt64(b_integer)) return false;
  if (a_fits) return a_integer == b_integer;
  double a_number = 0;
  double b_number = 0;
  a.ToDouble(a_number);
  b.ToDouble(b_number);
  return a_number == b_number;
}

}  // namespace bedplate::json
