// Generated structures as XML: rest-xml both ways, query and rest-xml answers.
//
// Reading: unknown elements and all namespaces are ignored; the name of the root is, too. An
// element that may stand once but stands twice is refused.
// spec: smithy.io/2.0/spec/protocol-traits.html#xml-bindings
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/member_scope.h"
#include "wire/schema.h"
#include "wire/writer.h"

namespace bedplate::wire {

// Fills `object` from the root element of `xml`, which must be UTF-8. kValidation with words that
// name the member.
Result<void> ReadXml(std::string_view xml, const Shape& shape, void* object, MemberScope scope);
// The same for one member, whose value is the root element.
Result<void> ReadXmlMember(std::string_view xml, const Shape& shape, uint32_t index, void* object);

class XmlShapeWriter final : public ShapeWriter {
 public:
  explicit XmlShapeWriter(std::string& out, MemberScope scope = MemberScope::kAll)
      : out_(out), scope_(scope) {}

  // Names the element of the next value; BeginMember does the same for members.
  void SetElement(std::string_view name, std::string_view xml_namespace = {},
                  std::string_view prefix = {});
  // Writes the members of a structure without an element round them.
  void Members(const Shape& shape, const void* object);

  void Structure(const Shape& shape, const void* object) override;
  void List(const Shape& shape, const void* vector, size_t size) override;
  void Map(const Shape& shape, const void* map, size_t size) override;
  bool BeginMember(const Member& member) override;
  void BeginElement() override;
  void BeginEntry(std::string_view key) override;
  void String(std::string_view value) override;
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override;
  void Float(float value) override;
  void Double(double value) override;
  void Boolean(bool value) override;
  void WriteBlob(const Blob& value) override;
  void WriteTimestamp(const Timestamp& value) override;
  void WriteDocument(const Document&) override {}
  void EnumText(std::string_view text, bool) override { String(text); }

 private:
  struct Element {
    std::string_view name;
    std::string_view xml_namespace;
    std::string_view prefix;
  };
  // A list or map being written.
  struct Container {
    const Shape* shape;
    Element outer;  // of the list or map, for the elements of flattened ones
    bool flattened;
    bool named;  // the structure gives it a name of its own on the wire
    bool entry_open;
  };

  void Open(const Element& element);  // "<name xmlns=...", without the closing bracket
  void Close(std::string_view name);
  void Simple(std::string_view escaped);
  void CloseEntry();

  std::string& out_;
  MemberScope scope_;
  int depth_ = 0;
  Element element_;
  const Member* member_ = nullptr;
  std::vector<Container> containers_;
};

}  // namespace bedplate::wire
