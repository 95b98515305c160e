#include "wire/json_codec.h"
#include "wire/rest/body_codec.h"

namespace bedplate::wire {
namespace {

constexpr size_t kBytesFirst = 512;  // a usual answer grows its string once

Result<void> Read(std::string_view body, const Shape& shape, void* object) {
  JsonShapeReader reader(body, MemberScope::kBody);
  if (!reader.TakeNull()) reader.Structure(shape, object);
  return reader.Finish();
}

Result<void> ReadPayload(std::string_view body, const Shape& shape, uint32_t index, void* object) {
  JsonShapeReader reader(body);
  reader.SetMember(shape.members[index]);
  if (shape.members[index].shape->kind == Kind::kDocument || !reader.TakeNull()) {
    shape.read(object, index, reader);
  }
  return reader.Finish();
}

void Write(std::string& out, const Operation&, const Shape& shape, const void* object,
           std::string_view) {
  out.reserve(kBytesFirst);
  JsonShapeWriter writer(out, MemberScope::kBody);
  writer.Structure(shape, object);
}

std::unique_ptr<ShapeWriter> PayloadWriter(std::string& out, const Member& member) {
  auto writer = std::make_unique<JsonShapeWriter>(out);
  writer->SetMember(member);
  return writer;
}

}  // namespace

constinit const BodyCodec kJsonBody = {
    .content_type = "application/json",
    .read = Read,
    .read_payload = ReadPayload,
    .write = Write,
    .payload_writer = PayloadWriter,
};

}  // namespace bedplate::wire
