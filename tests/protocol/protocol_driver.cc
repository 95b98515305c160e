// Runs the codecs for run_cases.py: a JSON object a line in, one a line out.
//   {"do": "read", "service": s, "operation": o, "method": "POST", "target": "/", "headers": [[n,
//   v]],
//    "body": base64}                         -> {"params": ...} or {"error": words}
//   {"do": "write", ..., "result": ...}      -> {"status": 200, "headers": [[n, v]], "body":
//   base64}
//   {"do": "error", ..., "type", "code", "message", "status"}   -> as write
//   {"do": "stream", ..., "result": ..., "events": [...]}       -> as write
// Common: "xml_namespace", "json_version", "query_compatible", of the case's own service.
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/base64.h"
#include "base/json/value.h"
#include "protocol_services.h"
#include "tests/protocol/plain_values.h"
#include "wire/event_frame.h"
#include "wire/event_stream.h"
#include "wire/protocol_codec.h"

namespace bedplate::protocol_tests {
namespace {

using json::Value;

std::string Text(const Value& command, std::string_view key) {
  const Value* const value = command.Find(key);
  return value && value->AsString() ? *value->AsString() : std::string();
}

// One operation with its service, which takes what the case says of it.
struct Case {
  wire::Service service;
  wire::Operation operation;
  OperationObjects objects{};
  std::string xml_namespace;
  std::string json_version;
  wire::Match match;
};

std::unique_ptr<Case> FindCase(const Value& command) {
  for (const ServiceObjects* const each : kServices) {
    if (each->service->name != Text(command, "service")) continue;
    for (size_t i = 0; i < each->operations.size(); ++i) {
      if (each->service->operations[i].name != Text(command, "operation")) continue;
      auto found = std::make_unique<Case>();
      found->service = *each->service;
      found->operation = each->service->operations[i];
      found->objects = each->operations[i];
      found->xml_namespace = Text(command, "xml_namespace");
      found->json_version = Text(command, "json_version");
      found->service.xml_namespace = found->xml_namespace;
      found->service.json_version = found->json_version;
      found->service.query_compatible = command.Find("query_compatible") != nullptr;
      found->service.signing_name = "case";
      found->service.operations = {&found->operation, 1};
      found->match = {.service = &found->service,
                      .operation = &found->operation,
                      .protocol = found->service.protocol};
      return found;
    }
  }
  return nullptr;
}

Value Refused(std::string_view words) {
  Value answer;
  answer.Set("error", words);
  return answer;
}

Value Answer(const net::Response& response) {
  Value answer;
  answer.Set("status", response.status);
  Value headers{Value::Array()};
  for (const auto& [name, value] : response.headers) {
    headers.Append(Value(Value::Array{Value(name), Value(value)}));
  }
  answer.Set("headers", std::move(headers));
  std::string body;
  AppendBase64(body, response.body);
  answer.Set("body", body);
  return answer;
}

Value Read(Case& found, const Value& command) {
  net::Request request;
  request.method = Text(command, "method");
  request.target = Text(command, "target");
  for (const Value& header : *command.Find("headers")->AsArray()) {
    request.headers.Add(*(*header.AsArray())[0].AsString(), *(*header.AsArray())[1].AsString());
  }
  std::string body;
  AppendFromBase64(body, Text(command, "body"));
  const bool rest = found.service.protocol == wire::Protocol::kRestJson ||
                    found.service.protocol == wire::Protocol::kRestXml;
  if (rest) {  // the labels come from the real router, with this one route
    request.headers.Set("authorization", "AWS4-HMAC-SHA256 Credential=A/1/r/case/aws4_request");
    const wire::Service* const services[] = {&found.service};
    const auto match = wire::Router(services).Find(request);
    if (!match) return Refused(match.error().message);
    found.match.labels = match->labels;
  }
  Value answer;
  if (!found.objects.input) {
    answer.Set("params", Value(Value::Object()));
    return answer;
  }
  const auto input = found.objects.input();
  const auto read =
      wire::CodecOf(found.service.protocol).read_input(found.match, request, body, input.get());
  if (!read) return Refused(read.error().message);
  answer.Set("params", ToPlain(*found.operation.input, input.get()));
  return answer;
}

net::Response Write(Case& found, const Value& command) {
  std::shared_ptr<void> output;
  if (found.objects.output) {
    output = found.objects.output();
    FromPlain(*command.Find("result"), *found.operation.output, output.get());
  }
  return wire::CodecOf(found.service.protocol)
      .write_output(found.match, output.get(), "request-id");
}

net::Response Stream(Case& found, const Value& command) {
  net::Response response = Write(found, command);
  const std::string head = std::move(response.body);
  response.body.clear();
  response.headers.Set("content-type", wire::event_stream::kContentType);
  if (found.service.protocol == wire::Protocol::kJson) {
    (void)wire::event_stream::AppendEvent(response.body, "initial-response", "application/json",
                                          head);
  }
  const wire::Shape& stream = *wire::FindEventStream(*found.operation.output)->shape;
  for (const Value& plain : *command.Find("events")->AsArray()) {
    const auto event = found.objects.event();
    FromPlain(plain, stream, event.get());
    (void)wire::AppendEventFrame(found.service.protocol, stream, event.get(), response.body);
  }
  return response;
}

net::Response Error(Case& found, const Value& command) {
  int64_t status = 400;
  command.Find("status")->ToInt64(status);
  const wire::WireError error{.status = static_cast<int>(status),
                              .type = Text(command, "type"),
                              .message = Text(command, "message"),
                              .code = Text(command, "code")};
  return wire::ErrorResponse(found.service.protocol, error, "request-id", &found.service);
}

Value Run(const Value& command) try {
  const auto found = FindCase(command);
  if (!found) return Refused("There is no such operation in the driver");
  const std::string what = Text(command, "do");
  if (what == "read") return Read(*found, command);
  if (what == "write") return Answer(Write(*found, command));
  if (what == "stream") return Answer(Stream(*found, command));
  return Answer(Error(*found, command));
} catch (const std::invalid_argument& error) {
  return Refused(error.what());
}

}  // namespace
}  // namespace bedplate::protocol_tests

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto command = bedplate::json::Value::Parse(line);
    std::cout << bedplate::protocol_tests::Run(*command).ToJson() << std::endl;
  }
}
