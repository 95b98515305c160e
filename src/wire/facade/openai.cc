// Errors of the OpenAI API: {"error":{"message","type","param","code"}}.
// spec: https://platform.openai.com/docs/guides/error-codes
#include "wire/facade/openai.h"

#include <string>
#include <string_view>

#include "base/json/writer.h"
#include "wire/facade/status.h"
#include "wire/protocol_codec.h"

namespace bedplate::wire {
namespace {

constexpr std::string_view kIdHeader = "x-request-id";

std::string_view TypeOf(int status) {
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  if (status == 501) return "not_implemented_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string_view CodeOf(const WireError& error) {
  if (!error.code.empty()) return error.code;
  if (error.unauthenticated) return "invalid_api_key";
  if (error.type == "ModelNotReadyException") return "model_not_ready";
  if (error.status == 429) return "rate_limit_exceeded";
  return {};
}

void TextOrNull(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  text.empty() ? writer.Null() : writer.String(text);
}

void AppendError(std::string& out, const WireError& error) {
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("error");
  writer.BeginObject();
  writer.Key("message");
  writer.String(error.message);
  writer.Key("type");
  writer.String(TypeOf(FacadeStatus(error)));
  TextOrNull(writer, "param", error.member);
  TextOrNull(writer, "code", CodeOf(error));
  writer.EndObject();
  writer.EndObject();
}

net::Response WriteError(const WireError& error, const Service*, std::string_view request_id) {
  net::Response response;
  response.status = FacadeStatus(error);
  response.headers.Set("content-type", "application/json");
  response.headers.Set(kIdHeader, request_id);
  AppendError(response.body, error);
  return response;
}

void AppendStreamError(std::string& out, const WireError& error) {
  out += "data: ";
  AppendError(out, error);
  out += "\n\n";
}

}  // namespace

void AppendResponseError(std::string& out, const WireError& error, uint64_t sequence_number) {
  const std::string_view code = CodeOf(error);
  out += "event: error\ndata: ";
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("type");
  writer.String("error");
  writer.Key("code");
  // The event has no type of the error beside its code.
  writer.String(code.empty() ? TypeOf(FacadeStatus(error)) : code);
  writer.Key("message");
  writer.String(error.message);
  TextOrNull(writer, "param", error.member);
  writer.Key("sequence_number");
  writer.Unsigned(sequence_number);
  writer.EndObject();
  out += "\n\n";
}

constinit const ProtocolCodec kOpenAiCodec = {.read_input = nullptr,
                                              .write_output = nullptr,
                                              .write_error = WriteError,
                                              .append_stream_error = AppendStreamError,
                                              .id_header = kIdHeader};

}  // namespace bedplate::wire
