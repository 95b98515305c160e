// Errors of the Anthropic API: {"type":"error","error":{"type","message"},"request_id"}.
// spec: https://docs.anthropic.com/en/api/errors
#include <string>
#include <string_view>

#include "base/json/writer.h"
#include "wire/facade/status.h"
#include "wire/protocol_codec.h"

namespace bedplate::wire {
namespace {

constexpr std::string_view kIdHeader = "request-id";
constexpr int kOverloaded = 529;

int StatusOf(const WireError& error) {
  const int status = FacadeStatus(error);
  return status == 503 ? kOverloaded : status;
}

std::string_view TypeOf(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case kOverloaded:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

void AppendError(std::string& out, const WireError& error, std::string_view request_id) {
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("type");
  writer.String("error");
  writer.Key("error");
  writer.BeginObject();
  writer.Key("type");
  writer.String(TypeOf(StatusOf(error)));
  writer.Key("message");
  writer.String(error.message);
  writer.EndObject();
  if (!request_id.empty()) {
    writer.Key("request_id");
    writer.String(request_id);
  }
  writer.EndObject();
}

net::Response WriteError(const WireError& error, const Service*, std::string_view request_id) {
  net::Response response;
  response.status = StatusOf(error);
  response.headers.Set("content-type", "application/json");
  response.headers.Set(kIdHeader, request_id);
  AppendError(response.body, error, request_id);
  return response;
}

void AppendStreamError(std::string& out, const WireError& error) {
  out += "event: error\ndata: ";
  AppendError(out, error, {});
  out += "\n\n";
}

}  // namespace

constinit const ProtocolCodec kAnthropicCodec = {.read_input = nullptr,
                                                 .write_output = nullptr,
                                                 .write_error = WriteError,
                                                 .append_stream_error = AppendStreamError,
                                                 .id_header = kIdHeader};

}  // namespace bedplate::wire
