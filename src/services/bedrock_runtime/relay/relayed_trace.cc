#include "services/bedrock_runtime/relay/relayed_trace.h"

#include <utility>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "wire/event_stream.h"

namespace bedplate::services::bedrock_runtime {

namespace event_stream = wire::event_stream;

void AddRoute(std::string& body, std::string_view model_arn) {
  const auto answer = json::Value::Parse(body);
  if (!answer || !answer->is_object() || answer->Find("trace") != nullptr) return;
  std::string trace = R"("trace":{"promptRouter":{"invokedModelId":)";
  json::AppendQuoted(trace, model_arn);
  trace += answer->AsObject()->empty() ? "}}" : "}},";
  body.insert(body.find('{') + 1, trace);
}

void AddRouteToFrame(std::string& frame, std::string_view model_arn) {
  event_stream::FrameDecoder decoder;
  decoder.Push(frame);
  event_stream::Frame read;
  if (!decoder.Next(read).value_or(false) || read.Text(":event-type") != "metadata") return;
  std::string payload(read.payload);
  AddRoute(payload, model_arn);
  std::string written;
  event_stream::FrameWriter writer(written);
  for (const auto& header : read.headers) writer.TypedHeader(header.name, header.value);
  writer.Payload() += payload;
  if (writer.Finish()) frame = std::move(written);
}

}  // namespace bedplate::services::bedrock_runtime
