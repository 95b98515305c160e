// spec: smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
#include <fmt/format.h>

#include "wire/cbor/cbor_reader.h"
#include "wire/cbor/cbor_writer.h"
#include "wire/protocol_codec.h"

namespace bedplate::wire {
namespace {

void SetHeaders(net::Response& response) {
  response.headers.Set("content-type", "application/cbor");
  response.headers.Set("smithy-protocol", "rpc-v2-cbor");
}

Result<void> ReadInput(const Match& match, const net::Request&, std::string_view body,
                       void* object) {
  if (body.empty()) return {};
  CborShapeReader reader(body);
  reader.Structure(*match.operation->input, object);
  return reader.Finish();
}

net::Response WriteOutput(const Match& match, const void* object, std::string_view) {
  net::Response response;
  response.headers.Set("smithy-protocol", "rpc-v2-cbor");
  if (!object) return response;
  SetHeaders(response);
  CborShapeWriter writer(response.body);
  writer.Structure(*match.operation->output, object);
  return response;
}

net::Response WriteError(const WireError& error, const Service* service, std::string_view) {
  net::Response response;
  SetHeaders(response);
  if (service && service->query_compatible) {
    const std::string& code = error.code.empty() ? error.type : error.code;
    response.headers.Set("x-amzn-query-error",
                         fmt::format("{};{}", code, error.status < 500 ? "Sender" : "Receiver"));
  }
  CborShapeWriter writer(response.body);
  writer.BeginMap();
  writer.String("__type");
  writer.String(error.type);
  writer.String("message");
  writer.String(error.message);
  writer.EndMap();
  return response;
}

}  // namespace

constinit const ProtocolCodec kCborCodec = {ReadInput, WriteOutput, WriteError};

}  // namespace bedplate::wire
