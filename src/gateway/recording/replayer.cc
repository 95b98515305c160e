#include "gateway/recording/replayer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/json/value.h"
#include "gateway/recording/request_difference.h"
#include "wire/body_texts.h"
#include "wire/error.h"
#include "wire/permits.h"
#include "wire/protocol_codec.h"
#include "wire/rule_asks.h"

namespace bedplate::gateway {
namespace {

constexpr size_t kSubjectsTold = 5;

// What takes events while it answers: a recording has one request and its answer.
bool IsConversation(const wire::Match& match) {
  return match.operation != nullptr && match.operation->input_events != nullptr;
}

net::Headers HeadersOf(const RecordedAnswer& answer, wire::Protocol protocol,
                       const std::string& request_id) {
  net::Headers headers;
  headers.Add("x-amzn-requestid", request_id);
  const std::string_view id_header = wire::CodecOf(protocol).id_header;
  if (!id_header.empty()) headers.Add(id_header, request_id);
  for (const auto& [name, value] : answer.headers) headers.Add(name, value);
  return headers;
}

// The model that a recorded response of a facade was made by; empty where it tells none.
std::string ModelOf(const RecordedAnswer& answer) {
  const auto body = json::Value::Parse(answer.body);
  const json::Value* const model = body && body->is_object() ? body->Find("model") : nullptr;
  return model != nullptr && model->AsString() != nullptr ? *model->AsString() : std::string();
}

// What the handlers of facades ask by themselves: the permission to invoke the model. That of a
// kept response shows in its recording; without one, whoever may invoke any is told that it isn't
// there.
net::Task<Result<void>> CheckModel(const wire::Call& call, std::string model,
                                   std::string_view body) {
  if (call.permission == nullptr) co_return Result<void>();
  if (model.empty()) model = "*";
  std::string arn =
      model.starts_with("arn:")
          ? model
          : fmt::format("arn:aws:bedrock:{}::foundation-model/{}", call.region, model);
  wire::Ask ask{.action = "bedrock:InvokeModel",
                .directory = "bedrock-model",
                .name = std::move(model),
                .arn = std::move(arn)};
  std::string tier = wire::ReadTopText(body, "service_tier");
  if (!tier.empty()) ask.context.push_back({"bedrock:ServiceTier", {std::move(tier)}});
  co_return co_await call.permission->Check(std::move(ask));
}

// "ValidationException:http://…" names the type before the colon.
std::string ErrorTypeOf(const net::Headers& headers) {
  const std::string_view type = headers.Find("x-amzn-errortype").value_or("");
  return std::string(type.substr(0, type.find(':')));
}

net::Task<wire::Outcome> Play(const RecordedAnswer& answer, wire::Protocol protocol,
                              const wire::Call& call, net::Responder& responder) {
  net::Headers headers = HeadersOf(answer, protocol, call.request_id);
  wire::Outcome outcome{.status = answer.status, .error_type = ErrorTypeOf(headers)};
  if (!answer.streamed) {
    net::Response response{
        .status = answer.status, .headers = std::move(headers), .body = answer.body};
    (void)co_await responder.Send(std::move(response));
    co_return outcome;
  }
  outcome.streamed = true;
  auto sent = co_await responder.Start(answer.status, std::move(headers));
  for (const std::string& frame : answer.frames) {
    if (!sent) co_return outcome;  // the client left
    sent = co_await responder.Write(frame);
    ++outcome.events;
  }
  if (sent) (void)co_await responder.Finish();
  co_return outcome;
}

}  // namespace

Result<std::unique_ptr<Replayer>> Replayer::Open(const std::filesystem::path& folder) {
  auto stored = ReadRecordings(folder);
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (stored->empty()) {
    return Fail(Fault::kValidation, fmt::format("there are no recordings in {}: make some with "
                                                "`bedplate serve --record {}`",
                                                folder.string(), folder.string()));
  }
  return std::unique_ptr<Replayer>(new Replayer(std::move(*stored)));
}

Replayer::Replayer(std::vector<StoredRecording> stored) {
  for (StoredRecording& each : stored) {
    std::string key = each.recording.request.Key();
    entries_.emplace(std::move(key), std::make_unique<Entry>(std::move(each)));
  }
}

const RecordedAnswer& Replayer::Entry::Next() {
  const auto& answers = stored.recording.answers;
  return answers[std::min(next.fetch_add(1), answers.size() - 1)];
}

bool Replayer::Takes(const wire::Match& match, const wire::Call&) const {
  return IsRecorded(match) || IsConversation(match);
}

net::Task<wire::Outcome> Replayer::Answer(const wire::Match& match, const wire::Call& call,
                                          const net::Request& request, std::string_view body,
                                          net::Responder& responder) const {
  const auto refuse = [&](std::string message) -> net::Task<wire::Outcome> {
    const wire::WireError error = wire::ToWireError(
        match.operation, {.fault = Fault::kNotFound, .message = std::move(message)});
    (void)co_await responder.Send(
        wire::ErrorResponse(match.protocol, error, call.request_id, match.service));
    co_return wire::Outcome{
        .status = error.status, .error_type = error.type, .error_message = error.message};
  };
  if (IsConversation(match)) {
    co_return co_await refuse(
        fmt::format("{} has no recording: one holds a request and its answer, and not what is said "
                    "in between. This server answers from recordings and asks no model.",
                    match.operation->name));
  }
  const RecordedRequest asked = DescribeRequest(match, request, body);
  if (call.model_id.empty()) call.model_id = asked.model_id;
  const auto entry = entries_.find(asked.Key());
  auto may = co_await wire::CheckRequest(match, call, request, body);
  if (may && call.permission != nullptr && !call.permission->asked()) {
    const bool kept = asked.model_id.empty() && entry != entries_.end();
    may = co_await CheckModel(
        call, kept ? ModelOf(entry->second->stored.recording.answers.front()) : asked.model_id,
        body);
  }
  if (!may) {
    const wire::WireError error = wire::ToWireError(match.operation, may.error());
    (void)co_await responder.Send(
        wire::ErrorResponse(match.protocol, error, call.request_id, match.service));
    co_return wire::Outcome{
        .status = error.status, .error_type = error.type, .error_message = error.message};
  }
  if (entry != entries_.end()) {
    co_return co_await Play(entry->second->Next(), match.protocol, call, responder);
  }
  co_return co_await refuse(ExplainMiss(asked));
}

std::string Replayer::ExplainMiss(const RecordedRequest& asked) const {
  std::string text = fmt::format("There is no recording of this {} request for {}.",
                                 asked.operation, asked.Subject());
  const StoredRecording* nearest = nullptr;
  RequestDifference least;
  std::set<std::string> subjects;
  for (const auto& [key, entry] : entries_) {
    const RecordedRequest& recorded = entry->stored.recording.request;
    if (recorded.operation != asked.operation) continue;
    subjects.insert(recorded.Subject());
    if (recorded.Subject() != asked.Subject()) continue;
    RequestDifference difference = DifferenceOf(asked, recorded);
    const bool nearer = nearest == nullptr || difference.members < least.members ||
                        (difference.members == least.members && entry->stored.file < nearest->file);
    if (!nearer) continue;
    nearest = &entry->stored;
    least = std::move(difference);
  }
  if (nearest != nullptr) {
    return text + fmt::format(" The nearest is {}: {}.", nearest->file, least.text);
  }
  if (subjects.empty()) return text + " No request of that operation was recorded.";
  text += " The recordings of that operation are for";
  size_t told = 0;
  for (const std::string& subject : subjects) {
    if (told == kSubjectsTold) break;
    text += (told++ == 0 ? " " : ", ") + subject;
  }
  if (told < subjects.size()) text += fmt::format(" and {} more", subjects.size() - told);
  return text + ".";
}

}  // namespace bedplate::gateway
