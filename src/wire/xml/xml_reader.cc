#include <fmt/format.h>

#include <pugixml.hpp>

#include "base/json/reader.h"
#include "wire/text_reader.h"
#include "wire/xml/xml_codec.h"

namespace bedplate::wire {
namespace {

constexpr size_t kDepthMax = json::kDepthMax;
// A node takes many times the space of the shortest element, so bodies are bounded more tightly
// here than elsewhere. The largest known, DeleteObjects of 1,000 long keys, is a quarter of it.
constexpr size_t kBytesMax = 4 * 1024 * 1024;
constexpr std::string_view kDefaultElement = "member";
// Space is kept where it is all the text of an element. Document types are not looked into.
constexpr unsigned kParseOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;

std::string_view LocalName(const char* name) {
  const std::string_view text(name);
  const size_t colon = text.find(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

// Whether an element of this name belongs to the member. The elements of a flattened list may go by
// the name of the list or by their own; services differ.
bool HasName(const Member& member, std::string_view name) {
  if (member.wire_name == name) return true;
  if (!member.Has(kFlattened) || member.shape->kind != Kind::kList) return false;
  const std::string_view own = member.shape->members[0].wire_name;
  return own == name && own != kDefaultElement;
}

class XmlShapeReader final : public TextReader {
 public:
  XmlShapeReader(pugi::xml_node root, MemberScope scope) : node_(root), scope_(scope) {}

  void SetMember(const Member& member) { member_ = &member; }
  Result<void> Finish() const { return failure_.ToResult(); }

  void Structure(const Shape& shape, void* object) override;
  void List(const Shape& shape, void* vector) override;
  void Map(const Shape& shape, void* map) override;

 private:
  std::string_view Text() override;
  TimestampFormat timestamp_format() const override {
    return member_ ? member_->timestamp_format : TimestampFormat::kDefault;
  }
  int Find(const Shape& shape, std::string_view name, bool attribute) const;
  void Attributes(const Shape& shape, void* object);
  void Entry(const Shape& shape, pugi::xml_node entry, void* map);

  pugi::xml_node node_;            // the element of the value at hand
  pugi::xml_attribute attribute_;  // or the attribute
  MemberScope scope_;
  const Member* member_ = nullptr;
  size_t depth_ = 0;
  std::string text_;
};

std::string_view XmlShapeReader::Text() {
  if (attribute_) return attribute_.value();
  // Comments may cut the text into parts.
  const pugi::xml_node first = node_.first_child();
  if (first && !first.next_sibling()) return first.value();
  text_.clear();
  for (const pugi::xml_node part : node_.children()) text_ += part.value();
  return text_;
}

int XmlShapeReader::Find(const Shape& shape, std::string_view name, bool attribute) const {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    const Member& member = shape.members[i];
    if (member.Has(kXmlAttribute) != attribute) continue;
    if (depth_ == 1 && scope_ == MemberScope::kBody && member.location != Location::kBody) continue;
    if (HasName(member, name)) return static_cast<int>(i);
  }
  return -1;
}

void XmlShapeReader::Attributes(const Shape& shape, void* object) {
  for (const pugi::xml_attribute attribute : node_.attributes()) {
    const int index = Find(shape, attribute.name(), true);
    if (index < 0) continue;
    attribute_ = attribute;
    member_ = &shape.members[index];
    shape.read(object, static_cast<uint32_t>(index), *this);
    attribute_ = pugi::xml_attribute();
    if (failure_.set()) return failure_.Within(shape.members[index].name);
  }
}

void XmlShapeReader::Structure(const Shape& shape, void* object) {
  if (depth_ >= kDepthMax) return failure_.Set("Nesting too deep");
  ++depth_;
  const pugi::xml_node here = node_;
  Attributes(shape, object);
  std::vector<bool> seen(shape.member_count);
  for (const pugi::xml_node child : here.children()) {
    if (child.type() != pugi::node_element || failure_.set()) continue;
    const int index = Find(shape, LocalName(child.name()), false);
    if (index < 0) continue;
    const Member& member = shape.members[index];
    if (seen[static_cast<size_t>(index)] && !member.Has(kFlattened)) {
      failure_.Set("An element that stands twice");
    } else {
      seen[static_cast<size_t>(index)] = true;
      node_ = child;
      member_ = &member;
      shape.read(object, static_cast<uint32_t>(index), *this);
    }
    if (failure_.set()) failure_.Within(member.name);
  }
  node_ = here;
  --depth_;
}

void XmlShapeReader::List(const Shape& shape, void* vector) {
  const Member& element = shape.members[0];
  if (member_ && member_->Has(kFlattened)) {  // the element at hand is one of the list's
    member_ = &element;
    return shape.read(vector, 0, *this);
  }
  if (depth_ >= kDepthMax) return failure_.Set("Nesting too deep");
  ++depth_;
  const pugi::xml_node here = node_;
  size_t index = 0;
  for (const pugi::xml_node child : here.children()) {
    if (child.type() != pugi::node_element || LocalName(child.name()) != element.wire_name)
      continue;
    node_ = child;
    member_ = &element;
    shape.read(vector, 0, *this);
    if (failure_.set()) {
      failure_.WithinElement(index);
      break;
    }
    ++index;
  }
  node_ = here;
  --depth_;
}

void XmlShapeReader::Entry(const Shape& shape, pugi::xml_node entry, void* map) {
  pugi::xml_node value;
  key_.clear();
  for (const pugi::xml_node part : entry.children()) {
    const std::string_view name = LocalName(part.name());
    if (name == shape.members[0].wire_name) {
      node_ = part;
      key_ = Text();
    } else if (name == shape.members[1].wire_name) {
      value = part;
    }
  }
  if (!value) return failure_.Set("Expected a value in each entry of a map");
  const std::string kept = key_;
  node_ = value;
  member_ = &shape.members[1];
  shape.read(map, 0, *this);
  if (failure_.set()) failure_.Within(kept);
}

void XmlShapeReader::Map(const Shape& shape, void* map) {
  if (depth_ >= kDepthMax) return failure_.Set("Nesting too deep");
  ++depth_;
  const pugi::xml_node here = node_;
  if (member_ && member_->Has(kFlattened)) {
    Entry(shape, here, map);
  } else {
    for (const pugi::xml_node child : here.children("entry")) {
      if (!failure_.set()) Entry(shape, child, map);
    }
  }
  node_ = here;
  --depth_;
}

Result<pugi::xml_node> Parse(pugi::xml_document& document, std::string_view xml) {
  if (xml.size() > kBytesMax) {
    return Fail(Fault::kValidation,
                fmt::format("The body has {} bytes; at most {} bytes of XML are read", xml.size(),
                            kBytesMax));
  }
  if (!json::IsUtf8(xml)) return Fail(Fault::kValidation, "The body is not UTF-8");
  const auto parsed =
      document.load_buffer(xml.data(), xml.size(), kParseOptions, pugi::encoding_utf8);
  if (!parsed) {
    return Fail(Fault::kValidation, fmt::format("The body is not valid XML: {} at byte {}",
                                                parsed.description(), parsed.offset));
  }
  return document.document_element();
}

}  // namespace

Result<void> ReadXml(std::string_view xml, const Shape& shape, void* object, MemberScope scope) {
  pugi::xml_document document;
  const auto root = Parse(document, xml);
  if (!root) return std::unexpected(root.error());
  XmlShapeReader reader(*root, scope);
  reader.Structure(shape, object);
  return reader.Finish();
}

Result<void> ReadXmlMember(std::string_view xml, const Shape& shape, uint32_t index, void* object) {
  pugi::xml_document document;
  const auto root = Parse(document, xml);
  if (!root) return std::unexpected(root.error());
  XmlShapeReader reader(*root, MemberScope::kAll);
  reader.SetMember(shape.members[index]);
  shape.read(object, index, reader);
  return reader.Finish();
}

}  // namespace bedplate::wire
