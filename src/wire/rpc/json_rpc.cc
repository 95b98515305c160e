// json-1.0 and json-1.1: the operation in X-Amz-Target, everything else in the body.
// spec: smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
#include <fmt/format.h>

#include "wire/json_codec.h"
#include "wire/json_error.h"
#include "wire/protocol_codec.h"

namespace bedplate::wire {
namespace {

std::string ContentType(const Service* service) {
  const bool known = service && !service->json_version.empty();
  return fmt::format("application/x-amz-json-{}", known ? service->json_version : "1.1");
}

Result<void> ReadInput(const Match& match, const net::Request&, std::string_view body,
                       void* object) {
  if (body.empty()) return {};
  JsonShapeReader reader(body);
  reader.Structure(*match.operation->input, object);
  return reader.Finish();
}

net::Response WriteOutput(const Match& match, const void* object, std::string_view) {
  net::Response response;
  response.headers.Set("content-type", ContentType(match.service));
  if (object) {
    JsonShapeWriter writer(response.body);
    writer.Structure(*match.operation->output, object);
  } else {
    response.body = "{}";
  }
  return response;
}

net::Response WriteError(const WireError& error, const Service* service, std::string_view) {
  net::Response response;
  response.headers.Set("content-type", ContentType(service));
  response.headers.Set("x-amzn-errortype", error.type);
  if (service && service->query_compatible) {
    const std::string& code = error.code.empty() ? error.type : error.code;
    response.headers.Set("x-amzn-query-error",
                         fmt::format("{};{}", code, error.status < 500 ? "Sender" : "Receiver"));
  }
  AppendJsonError(response.body, error, true);
  return response;
}

}  // namespace

constinit const ProtocolCodec kJsonRpcCodec = {ReadInput, WriteOutput, WriteError};

}  // namespace bedplate::wire
