#include "wire/rest/response.h"

#include <string>

#include "wire/member_scope.h"
#include "wire/rest/http_text.h"

namespace bedplate::wire {
namespace {

// Takes the members of an output that do not share the body: headers, the status and the member
// that is the whole body. The members that share the body are left to the codec.
class OutputParts final : public ShapeWriter {
 public:
  OutputParts(const BodyCodec& codec, net::Response& response)
      : codec_(codec), response_(response) {}

  void Structure(const Shape& shape, const void* object) override {
    WithWriter([&](ShapeWriter& writer) { writer.Structure(shape, object); });
  }
  void List(const Shape& shape, const void* vector, size_t size) override {
    WithWriter([&](ShapeWriter& writer) { writer.List(shape, vector, size); });
  }
  void Map(const Shape& shape, const void* map, size_t size) override {
    WithWriter([&](ShapeWriter& writer) { writer.Map(shape, map, size); });
  }
  bool BeginMember(const Member& member) override {
    member_ = &member;
    if (member.Has(kEventStream)) return false;
    if (member.Has(kPayload)) return true;
    return InResponseHead(member);
  }
  void BeginElement() override {}
  void BeginEntry(std::string_view) override {}
  void String(std::string_view value) override {
    if (member_->Has(kPayload)) return RawBody(value, "text/plain");
    WithWriter([&](ShapeWriter& writer) { writer.String(value); });
  }
  void Integer(int32_t value) override {
    if (member_->location == Location::kStatusCode) {
      response_.status = value;
    } else {
      WithWriter([&](ShapeWriter& writer) { writer.Integer(value); });
    }
  }
  void Long(int64_t value) override {
    WithWriter([&](ShapeWriter& writer) { writer.Long(value); });
  }
  void Float(float value) override {
    WithWriter([&](ShapeWriter& writer) { writer.Float(value); });
  }
  void Double(double value) override {
    WithWriter([&](ShapeWriter& writer) { writer.Double(value); });
  }
  void Boolean(bool value) override {
    WithWriter([&](ShapeWriter& writer) { writer.Boolean(value); });
  }
  void WriteBlob(const Blob& value) override {
    if (member_->Has(kPayload)) return RawBody(value.bytes, "application/octet-stream");
    WithWriter([&](ShapeWriter& writer) { writer.WriteBlob(value); });
  }
  void WriteTimestamp(const Timestamp& value) override {
    WithWriter([&](ShapeWriter& writer) { writer.WriteTimestamp(value); });
  }
  void WriteDocument(const Document& value) override {
    WithWriter([&](ShapeWriter& writer) { writer.WriteDocument(value); });
  }
  void EnumText(std::string_view text, bool) override { String(text); }

 private:
  // A header's Content-Type wins over what the body would say; headers may come before or after.
  void SetContentType(std::string_view type) {
    if (!response_.headers.Has("content-type")) response_.headers.Set("content-type", type);
  }

  void RawBody(std::string_view bytes, std::string_view type) {
    response_.body = bytes;
    SetContentType(type);
  }

  template <class Write>
  void WithWriter(Write write) {
    if (member_->Has(kPayload)) {
      SetContentType(codec_.content_type);
      write(*codec_.payload_writer(response_.body, *member_));
      return;
    }
    TextShapeWriter text(*member_);
    write(text);
    if (member_->location == Location::kHeader) {
      response_.headers.Set(member_->wire_name, text.text());
    }
    for (const auto& [name, value] : text.entries()) {
      response_.headers.Add(std::string(member_->wire_name) + name, value);
    }
  }

  const BodyCodec& codec_;
  net::Response& response_;
  const Member* member_ = nullptr;
};

bool HasPayloadMember(const Shape& shape) {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    if (shape.members[i].Has(kPayload)) return true;
  }
  return false;
}

}  // namespace

net::Response WriteRestOutput(const BodyCodec& codec, const Service& service,
                              const Operation& operation, const void* object) {
  net::Response response;
  response.status = operation.status;
  if (!object) return response;
  const Shape& shape = *operation.output;
  OutputParts parts(codec, response);
  if (shape.write) shape.write(object, parts);
  // A structure none of whose members lies in the body is still there: {} in JSON.
  if (!HasPayloadMember(shape)) {
    codec.write(response.body, operation, shape, object, service.xml_namespace);
    if (!response.body.empty()) response.headers.Set("content-type", codec.content_type);
  }
  return response;
}

}  // namespace bedplate::wire
