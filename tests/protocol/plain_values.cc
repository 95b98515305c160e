#include "tests/protocol/plain_values.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "wire/timestamp.h"

namespace bedplate::protocol_tests {
namespace {

using json::Value;
using wire::Kind;
using wire::Member;
using wire::Shape;

[[noreturn]] void Refuse(std::string_view what, const Value& value) {
  throw std::invalid_argument(fmt::format("{}: {}", what, value.ToJson()));
}

class PlainReader final : public wire::ShapeReader {
 public:
  explicit PlainReader(const Value& root) : value_(&root) {}

  void Structure(const Shape& shape, void* object) override {
    const Value* const here = value_;
    if (!here->is_object()) Refuse("Not an object", *here);
    for (uint32_t i = 0; i < shape.member_count; ++i) {
      const Value* const found = here->Find(shape.members[i].name);
      if (!found || (found->is_null() && shape.members[i].shape->kind != Kind::kDocument)) continue;
      value_ = found;
      member_ = &shape.members[i];
      shape.read(object, i, *this);
    }
    value_ = here;
  }
  void List(const Shape& shape, void* vector) override {
    const Value* const here = value_;
    if (!here->is_array()) Refuse("Not a list", *here);
    for (const Value& element : *here->AsArray()) {
      value_ = &element;
      member_ = &shape.members[0];
      shape.read(vector, 0, *this);
    }
    value_ = here;
  }
  void Map(const Shape& shape, void* map) override {
    const Value* const here = value_;
    if (!here->is_object()) Refuse("Not a map", *here);
    for (const auto& [name, value] : *here->AsObject()) {
      value_ = &value;
      key_ = name;
      member_ = &shape.members[1];
      shape.read(map, 0, *this);
    }
    value_ = here;
  }
  std::string& key() override { return key_; }
  void String(std::string& value) override {
    if (const std::string* const text = value_->AsString()) {
      value = *text;
    } else if (member_->Has(wire::kJsonText)) {
      value = value_->ToJson();
    } else {
      Refuse("Not a string", *value_);
    }
  }
  void Integer(int32_t& value) override { value = static_cast<int32_t>(Whole()); }
  void Long(int64_t& value) override { value = Whole(); }
  void Float(float& value) override { value = static_cast<float>(Number()); }
  void Double(double& value) override { value = Number(); }
  void Boolean(bool& value) override {
    if (!value_->AsBoolean()) Refuse("Not a boolean", *value_);
    value = *value_->AsBoolean();
  }
  void ReadBlob(wire::Blob& value) override { value.bytes = *value_->AsString(); }
  void ReadTimestamp(wire::Timestamp& value) override {
    const std::string* const text = value_->AsString();
    const std::string number = text ? *text : value_->ToJson();
    if (!wire::ParseTimestamp(number, wire::TimestampFormat::kDefault, value)) {
      Refuse("Not a timestamp", *value_);
    }
  }
  void ReadDocument(wire::Document& value) override { value = wire::Document::FromValue(*value_); }

 private:
  int64_t Whole() {
    int64_t value = 0;
    if (!value_->ToInt64(value)) Refuse("Not an integer", *value_);
    return value;
  }
  double Number() {
    if (const std::string* const text = value_->AsString()) {
      if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
      const double infinity = std::numeric_limits<double>::infinity();
      return text->starts_with('-') ? -infinity : infinity;
    }
    double value = 0;
    if (!value_->ToDouble(value)) Refuse("Not a number", *value_);
    return value;
  }

  const Value* value_;
  const Member* member_ = nullptr;
  std::string key_;
};

// Each value goes to the slot that the last Begin... made.
class PlainWriter final : public wire::ShapeWriter {
 public:
  explicit PlainWriter(Value& root) : slot_(&root) {}

  void Structure(const Shape& shape, const void* object) override {
    Value* const here = slot_;
    *here = Value(Value::Object());
    containers_.push_back(here);
    if (shape.write) shape.write(object, *this);
    containers_.pop_back();
  }
  void List(const Shape& shape, const void* vector, size_t) override {
    *slot_ = Value(Value::Array());
    containers_.push_back(slot_);
    member_ = &shape.members[0];
    shape.write(vector, *this);
    containers_.pop_back();
  }
  void Map(const Shape& shape, const void* map, size_t) override {
    *slot_ = Value(Value::Object());
    containers_.push_back(slot_);
    member_ = &shape.members[1];
    shape.write(map, *this);
    containers_.pop_back();
  }
  bool BeginMember(const Member& member) override {
    member_ = &member;
    slot_ = &containers_.back()->Set(member.name, Value());
    return true;
  }
  void BeginElement() override { slot_ = &containers_.back()->Append(Value()); }
  void BeginEntry(std::string_view key) override { slot_ = &containers_.back()->Set(key, Value()); }
  void String(std::string_view value) override { *slot_ = Value(value); }
  void Integer(int32_t value) override { *slot_ = Value(value); }
  void Long(int64_t value) override { *slot_ = Value(value); }
  void Float(float value) override {
    // The shortest text of the float, so that 1.1F compares with 1.1.
    double nearest = 0;
    if (std::isfinite(value)) json::ToDouble(fmt::format("{}", value), nearest);
    Double(std::isfinite(value) ? nearest : value);
  }
  void Double(double value) override {
    if (std::isfinite(value)) {
      *slot_ = Value(value);
    } else {
      *slot_ = Value(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
  }
  void Boolean(bool value) override { *slot_ = Value(value); }
  void WriteBlob(const wire::Blob& value) override { *slot_ = Value(value.bytes); }
  void WriteTimestamp(const wire::Timestamp& value) override {
    if (value.nanoseconds == 0) {
      *slot_ = Value(value.seconds);
    } else {
      *slot_ = Value(static_cast<double>(value.seconds) + value.nanoseconds / 1e9);
    }
  }
  void WriteDocument(const wire::Document& value) override { *slot_ = value.ToValue(); }
  void EnumText(std::string_view text, bool) override { *slot_ = Value(text); }

 private:
  Value* slot_;
  // Pointers into the tree: a container is complete before its parent grows again.
  std::vector<Value*> containers_;
  const Member* member_ = nullptr;
};

}  // namespace

void FromPlain(const Value& plain, const Shape& shape, void* object) {
  PlainReader(plain).Structure(shape, object);
}

Value ToPlain(const Shape& shape, const void* object) {
  Value plain;
  PlainWriter(plain).Structure(shape, object);
  return plain;
}

}  // namespace bedplate::protocol_tests
