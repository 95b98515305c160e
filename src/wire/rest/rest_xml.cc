// spec: smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
#include "wire/protocol_codec.h"
#include "wire/rest/body_codec.h"
#include "wire/rest/request.h"
#include "wire/rest/response.h"
#include "wire/xml/s3_codes.h"
#include "wire/xml/s3_roots.h"
#include "wire/xml/xml_codec.h"
#include "wire/xml/xml_error.h"

namespace bedplate::wire {
namespace {

constexpr std::string_view kContentType = "application/xml";
constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

Result<void> ReadBody(std::string_view body, const Shape& shape, void* object) {
  return ReadXml(body, shape, object, MemberScope::kBody);
}

Result<void> ReadPayload(std::string_view body, const Shape& shape, uint32_t index, void* object) {
  return ReadXmlMember(body, shape, index, object);
}

bool HasBodyMembers(const Shape& shape) {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    if (!InResponseHead(shape.members[i])) return true;
  }
  return false;
}

std::string_view RootOf(const Shape& shape) {
  if (!shape.xml_name.empty()) return shape.xml_name;
  // No other service speaks this protocol here.
  const std::string_view root = S3RootOf(shape.name);
  return root.empty() ? shape.name : root;
}

void WriteBody(std::string& out, const Operation& operation, const Shape& shape, const void* object,
               std::string_view xml_namespace) {
  if (!HasBodyMembers(shape)) return;
  out += kDeclaration;
  XmlShapeWriter writer(out, MemberScope::kBody);
  // The one answer whose only member is the root (its s3UnwrappedXmlOutput trait is not in
  // botocore's model).
  if (operation.name == "GetBucketLocation") return writer.Members(shape, object);
  writer.SetElement(RootOf(shape), xml_namespace);
  writer.Structure(shape, object);
}

// The root goes by the member's own name, else the shape's.
std::unique_ptr<ShapeWriter> PayloadWriter(std::string& out, const Member& member) {
  out += kDeclaration;
  auto writer = std::make_unique<XmlShapeWriter>(out);
  const Shape& shape = *member.shape;
  writer->SetElement(member.wire_name != member.name ? member.wire_name
                     : !shape.xml_name.empty()       ? shape.xml_name
                                                     : shape.name,
                     member.xml_namespace, member.xml_namespace_prefix);
  return writer;
}

constexpr BodyCodec kXmlBody = {
    .content_type = kContentType,
    .read = ReadBody,
    .read_payload = ReadPayload,
    .write = WriteBody,
    .payload_writer = PayloadWriter,
};

Result<void> ReadInput(const Match& match, const net::Request& request, std::string_view body,
                       void* object) {
  return ReadRestInput(kXmlBody, *match.operation, match.labels, request, body, object);
}

net::Response WriteOutput(const Match& match, const void* object, std::string_view) {
  return WriteRestOutput(kXmlBody, *match.service, *match.operation, object);
}

net::Response WriteError(const WireError& given, const Service* service,
                         std::string_view request_id) {
  // S3 is the one service whose errors have no outer element (its noErrorWrapping trait is not in
  // botocore's model).
  const bool bare = !service || service->name == "s3";
  const WireError error = bare ? AsS3Says(given) : given;
  net::Response response;
  response.status = error.status;
  response.headers.Set("x-amz-request-id", request_id);
  response.headers.Set("content-type", kContentType);
  response.body = kDeclaration;
  AppendXmlError(response.body, error, service ? service->xml_namespace : "", request_id, bare);
  return response;
}

}  // namespace

constinit const ProtocolCodec kRestXmlCodec = {
    .read_input = ReadInput,
    .write_output = WriteOutput,
    .write_error = WriteError,
    .id_header = "x-amz-request-id",
};

}  // namespace bedplate::wire
