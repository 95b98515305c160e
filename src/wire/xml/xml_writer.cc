#include <fmt/format.h>

#include "base/base64.h"
#include "wire/timestamp.h"
#include "wire/value_text.h"
#include "wire/xml/xml_codec.h"

namespace bedplate::wire {
namespace {

constexpr std::string_view kDefaultElement = "member";

// Writes the members of a structure that are attributes of its element.
class AttributeWriter final : public ShapeWriter {
 public:
  explicit AttributeWriter(std::string& out) : out_(out) {}

  void Structure(const Shape&, const void*) override {}
  void List(const Shape&, const void*, size_t) override {}
  void Map(const Shape&, const void*, size_t) override {}
  bool BeginMember(const Member& member) override {
    member_ = &member;
    return member.Has(kXmlAttribute);
  }
  void BeginElement() override {}
  void BeginEntry(std::string_view) override {}
  void String(std::string_view value) override {
    out_ += ' ';
    out_ += member_->wire_name;
    out_ += "=\"";
    AppendXmlEscaped(out_, value);
    out_ += '"';
  }
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override { String(fmt::format("{}", value)); }
  void Float(float value) override { String(NumberText(value)); }
  void Double(double value) override { String(NumberText(value)); }
  void Boolean(bool value) override { String(value ? "true" : "false"); }
  void WriteBlob(const Blob&) override {}
  void WriteTimestamp(const Timestamp& value) override {
    std::string text;
    AppendTimestamp(text, member_->timestamp_format, value);
    String(text);
  }
  void WriteDocument(const Document&) override {}
  void EnumText(std::string_view text, bool) override { String(text); }

 private:
  std::string& out_;
  const Member* member_ = nullptr;
};

bool HasAttributes(const Shape& shape) {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    if (shape.members[i].Has(kXmlAttribute)) return true;
  }
  return false;
}

}  // namespace

void XmlShapeWriter::SetElement(std::string_view name, std::string_view xml_namespace,
                                std::string_view prefix) {
  element_ = {name, xml_namespace, prefix};
}

void XmlShapeWriter::Open(const Element& element) {
  out_ += '<';
  out_ += element.name;
  if (element.xml_namespace.empty()) return;
  out_ += " xmlns";
  if (!element.prefix.empty()) {
    out_ += ':';
    out_ += element.prefix;
  }
  out_ += "=\"";
  AppendXmlEscaped(out_, element.xml_namespace);
  out_ += '"';
}

void XmlShapeWriter::Close(std::string_view name) {
  out_ += "</";
  out_ += name;
  out_ += '>';
}

void XmlShapeWriter::Simple(std::string_view escaped) {
  Open(element_);
  out_ += '>';
  out_ += escaped;
  Close(element_.name);
}

void XmlShapeWriter::Members(const Shape& shape, const void* object) {
  ++depth_;
  if (shape.write) shape.write(object, *this);
  --depth_;
}

void XmlShapeWriter::Structure(const Shape& shape, const void* object) {
  const Element element = element_;
  Open(element);
  if (HasAttributes(shape)) {
    AttributeWriter attributes(out_);
    shape.write(object, attributes);
  }
  out_ += '>';
  Members(shape, object);
  Close(element.name);
}

bool XmlShapeWriter::BeginMember(const Member& member) {
  if (member.Has(kXmlAttribute)) return false;
  if (depth_ == 1 && scope_ == MemberScope::kBody && InResponseHead(member)) return false;
  member_ = &member;
  element_ = {member.wire_name, member.xml_namespace, member.xml_namespace_prefix};
  return true;
}

void XmlShapeWriter::List(const Shape& shape, const void* vector, size_t) {
  const bool flattened = member_ && member_->Has(kFlattened);
  const bool named = member_ && member_->wire_name != member_->name;
  const Element outer = element_;
  if (!flattened) {
    Open(outer);
    out_ += '>';
  }
  containers_.push_back({&shape, outer, flattened, named, false});
  shape.write(vector, *this);
  containers_.pop_back();
  if (!flattened) Close(outer.name);
}

void XmlShapeWriter::BeginElement() {
  const Container& list = containers_.back();
  const Member& element = list.shape->members[0];
  member_ = &element;
  element_ = {element.wire_name, element.xml_namespace, element.xml_namespace_prefix};
  // The elements of a flattened list go by the list's own name where the structure gives it one,
  // else by theirs.
  if (list.flattened && (list.named || element.wire_name == kDefaultElement)) element_ = list.outer;
}

void XmlShapeWriter::Map(const Shape& shape, const void* map, size_t) {
  const bool flattened = member_ && member_->Has(kFlattened);
  const Element outer = element_;
  if (!flattened) {
    Open(outer);
    out_ += '>';
  }
  containers_.push_back({&shape, outer, flattened, false, false});
  shape.write(map, *this);
  CloseEntry();
  containers_.pop_back();
  if (!flattened) Close(outer.name);
}

void XmlShapeWriter::CloseEntry() {
  Container& map = containers_.back();
  if (map.entry_open) Close(map.flattened ? map.outer.name : "entry");
  map.entry_open = false;
}

void XmlShapeWriter::BeginEntry(std::string_view key) {
  CloseEntry();
  Container& map = containers_.back();
  map.entry_open = true;
  Open(map.flattened ? map.outer : Element{"entry", {}, {}});
  out_ += '>';
  const Member& key_member = map.shape->members[0];
  element_ = {key_member.wire_name, key_member.xml_namespace, key_member.xml_namespace_prefix};
  String(key);
  const Member& value = map.shape->members[1];
  member_ = &value;
  element_ = {value.wire_name, value.xml_namespace, value.xml_namespace_prefix};
}

void XmlShapeWriter::String(std::string_view value) {
  Open(element_);
  out_ += '>';
  AppendXmlEscaped(out_, value);
  Close(element_.name);
}

void XmlShapeWriter::Long(int64_t value) { Simple(fmt::format("{}", value)); }

void XmlShapeWriter::Float(float value) { Simple(NumberText(value)); }

void XmlShapeWriter::Double(double value) { Simple(NumberText(value)); }

void XmlShapeWriter::Boolean(bool value) { Simple(value ? "true" : "false"); }

void XmlShapeWriter::WriteBlob(const Blob& value) {
  std::string text;
  AppendBase64(text, value.bytes);
  Simple(text);
}

void XmlShapeWriter::WriteTimestamp(const Timestamp& value) {
  std::string text;
  AppendTimestamp(text, member_ ? member_->timestamp_format : TimestampFormat::kDefault, value);
  Simple(text);
}

}  // namespace bedplate::wire
