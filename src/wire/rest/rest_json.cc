// spec: smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
#include "wire/json_error.h"
#include "wire/protocol_codec.h"
#include "wire/rest/body_codec.h"
#include "wire/rest/request.h"
#include "wire/rest/response.h"

namespace bedplate::wire {
namespace {

Result<void> ReadInput(const Match& match, const net::Request& request, std::string_view body,
                       void* object) {
  return ReadRestInput(kJsonBody, *match.operation, match.labels, request, body, object);
}

net::Response WriteOutput(const Match& match, const void* object, std::string_view) {
  return WriteRestOutput(kJsonBody, *match.service, *match.operation, object);
}

net::Response WriteError(const WireError& error, const Service*, std::string_view) {
  net::Response response;
  response.headers.Set("content-type", "application/json");
  response.headers.Set("x-amzn-errortype", error.type);
  AppendJsonError(response.body, error, false);
  return response;
}

}  // namespace

constinit const ProtocolCodec kRestJsonCodec = {ReadInput, WriteOutput, WriteError};

}  // namespace bedplate::wire
