#include "gateway/request_record.h"

#include <vector>

#include "base/log.h"
#include "gateway/passage.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::gateway {
namespace {

constexpr int kClientLeft = 499;

double Milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::floor<std::chrono::microseconds>(duration))
      .count();
}

}  // namespace

void NotingResponder::NoteFirstByte() {
  if (first_byte_at_ == MonotonicTime{}) first_byte_at_ = clock_.Monotonic();
}

net::Task<Result<void>> NotingResponder::Send(net::Response response) {
  status_ = response.status;
  bytes_ += response.body.size();
  NoteFirstByte();
  return to_.Send(std::move(response));
}

net::Task<Result<void>> NotingResponder::Start(int status, net::Headers headers) {
  status_ = status;
  return to_.Start(status, std::move(headers));
}

net::Task<Result<void>> NotingResponder::Write(std::string_view bytes) {
  bytes_ += bytes.size();
  NoteFirstByte();
  return to_.Write(bytes);
}

std::optional<Result<void>> NotingResponder::TryWrite(std::string_view bytes) {
  auto written = to_.TryWrite(bytes);
  if (written) {
    bytes_ += bytes.size();
    NoteFirstByte();
  }
  return written;
}

RequestRecord::RequestRecord(const Passage& passage, const NotingResponder& responder,
                             RequestMetrics& metrics, const Clock& clock, bool access_log)
    : passage_(passage),
      responder_(responder),
      metrics_(metrics),
      clock_(clock),
      access_log_(access_log),
      began_(clock.Monotonic()) {
  metrics_.Began();
}

void RequestRecord::Complete(std::string_view error_type, bool streamed, uint64_t events) {
  complete_ = true;
  error_type_ = error_type;
  streamed_ = streamed;
  events_ = events;
}

RequestRecord::~RequestRecord() {
  if (!complete_) error_type_ = "ClientLeft";
  RequestSample sample;
  sample.operation = passage_.match.operation;
  sample.status = responder_.status() == 0 ? kClientLeft : responder_.status();
  sample.duration = clock_.Monotonic() - began_;
  if (responder_.first_byte_at() != MonotonicTime{}) {
    sample.first_byte = responder_.first_byte_at() - began_;
  }
  sample.streamed = streamed_;
  sample.request_bytes = passage_.body.size() + passage_.event_bytes;
  sample.response_bytes = responder_.bytes();
  metrics_.Ended(sample);
  if (access_log_ && log::Enabled(log::Level::kInfo)) Log(sample);
}

void RequestRecord::Log(const RequestSample& sample) const {
  std::vector<log::Field> fields;
  fields.reserve(20 + passage_.call.notes.size());
  fields.emplace_back("request_id", passage_.call.request_id);
  fields.emplace_back("client", passage_.request.peer);
  fields.emplace_back("method", passage_.request.method);
  // Without the query, which may hold a signature or a token.
  fields.emplace_back("path", passage_.view.path);
  if (passage_.match.service != nullptr) {
    fields.emplace_back("service", passage_.match.service->name);
  }
  if (passage_.match.operation != nullptr) {
    fields.emplace_back("operation", passage_.match.operation->name);
  }
  // A facade's request names it in its body.
  const std::string model_id =
      passage_.call.model_id.empty() ? ModelIdOf(passage_.match) : passage_.call.model_id;
  if (!model_id.empty()) fields.emplace_back("model_id", model_id);
  if (passage_.principal != nullptr) fields.emplace_back("principal", passage_.principal->arn);
  fields.emplace_back("status", sample.status);
  if (!error_type_.empty()) fields.emplace_back("error_type", error_type_);
  fields.emplace_back("request_bytes", sample.request_bytes);
  fields.emplace_back("response_bytes", sample.response_bytes);
  if (streamed_) {
    fields.emplace_back("events", events_);
    fields.emplace_back("first_byte_ms", Milliseconds(sample.first_byte));
  }
  for (const wire::Note& note : passage_.call.notes) {
    if (note.text.empty()) {
      fields.emplace_back(note.name, note.number);
    } else {
      fields.emplace_back(note.name, note.text);
    }
  }
  fields.emplace_back("duration_ms", Milliseconds(sample.duration));
  const auto agent = passage_.request.headers.Find("user-agent");
  if (agent) fields.emplace_back("user_agent", agent->substr(0, 256));
  log::Write(log::Level::kInfo, "access", "request", fields);
}

std::string ModelIdOf(const wire::Match& match) {
  std::string decoded;
  if (match.operation == nullptr) return decoded;
  const std::string_view uri = match.operation->uri;
  size_t index = 0;
  for (size_t at = uri.find('{'); at != std::string_view::npos; at = uri.find('{', at + 1)) {
    const bool is_model =
        uri.substr(at).starts_with("{modelId}") || uri.substr(at).starts_with("{modelIdentifier}");
    if (is_model && index < match.labels.count) {
      wire::sigv4::AppendDecoded(decoded, match.labels.values[index], false);
      break;
    }
    ++index;
  }
  return decoded;
}

}  // namespace bedplate::gateway
