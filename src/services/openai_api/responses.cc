// Responses: made, gone on with, read again and deleted.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/json/reader.h"
#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/formats/facades.h"
#include "models/model_id.h"
#include "runtime/facade_body.h"
#include "services/openai_api/kept_response.h"
#include "services/openai_api/refusal.h"
#include "services/openai_api/service.h"
#include "wire/facade/openai.h"
#include "wire/facade_exchange.h"
#include "wire/permits.h"

namespace bedplate::services::openai_api {
namespace {

// An event of the format begins with its type, which is also the name it is sent under.
std::string_view TypeOf(std::string_view event) {
  constexpr std::string_view kBegin = R"({"type":")";
  event.remove_prefix(kBegin.size());
  return event.substr(0, event.find('"'));
}

// The response in the event that ends a stream; empty for all other events.
std::string_view ResponseIn(std::string_view event) {
  const std::string_view type = TypeOf(event);
  if (type != "response.completed" && type != "response.incomplete") return {};
  json::Reader reader(event);
  std::string_view key;
  reader.BeginObject();
  while (reader.NextKey(key)) {
    if (key == "response") return reader.Raw();
    reader.Skip();
  }
  return {};
}

}  // namespace

// What is kept is durable before the caller learns its id for good.
class OpenAiApi::ResponseExchange {
 public:
  ResponseExchange(OpenAiApi& api, const wire::Call& call, ModelChoice choice,
                   wire::FacadeExchange& exchange)
      : api_(api),
        call_(call),
        choice_(std::move(choice)),
        scope_(ScopeOf(call)),
        exchange_(exchange) {}

  net::Task<Result<runtime::NativeRequest>> Begin() {
    auto kept = KeptRequest::Read(exchange_.body());
    if (!kept) co_return Explained(exchange_, std::move(kept.error()));
    kept_ = std::move(*kept);
    runtime::NativeRequest request{.model = choice_.model,
                                   .model_as_asked = call_.model_id,
                                   .body = std::string(exchange_.body()),
                                   .format = &models::kOpenAiFacadeResponse,
                                   .api = models::NativeApi::kFacade};
    if (auto id = kept_.previous_id()) {
      auto previous = co_await api_.responses_.Find(scope_, *id);
      if (!previous) co_return NoPrevious(std::move(previous.error()), *id);
      if (auto ok = kept_.GoOn(previous->items); !ok) co_return std::unexpected(ok.error());
      request.body = kept_.Body();
    }
    co_return request;
  }

  net::Task<Result<void>> Keep(std::string_view response) {
    if (!kept_.store()) co_return Result<void>();
    auto stored = kept_.Keep(response);
    if (!stored) co_return std::unexpected(std::move(stored.error()));
    co_return co_await api_.responses_.Keep(scope_, std::move(*stored));
  }

  net::Task<Result<void>> Whole(runtime::NativeRequest request) {
    auto answer = co_await api_.invoker_.Invoke(std::move(request));
    if (!answer) co_return Explained(exchange_, std::move(answer.error()));
    CountUse(answer->usage);
    if (auto kept = co_await Keep(answer->body); !kept) co_return kept;
    co_return co_await exchange_.SendJson(std::move(answer->body));
  }

  // Nothing is sent before the first event, so that a model that fails at once is an ordinary
  // error.
  net::Task<Result<void>> Stream(runtime::NativeRequest request) {
    auto stream = co_await api_.invoker_.InvokeStream(std::move(request));
    if (!stream) co_return Explained(exchange_, std::move(stream.error()));
    for (;;) {
      auto event = co_await stream->Next();
      if (!event) co_return co_await EndWith(std::move(event.error()));
      if (!*event) break;
      if (const std::string_view response = ResponseIn(**event); !response.empty()) {
        if (auto kept = co_await Keep(response); !kept) {
          co_return co_await EndWith(std::move(kept.error()));
        }
      }
      const std::string framed = fmt::format("event: {}\ndata: {}\n\n", TypeOf(**event), **event);
      if (auto sent = co_await Send(framed); !sent) co_return sent;
    }
    if (const auto usage = stream->usage()) CountUse(*usage);
    co_await stream->Finish();
    co_return Result<void>();
  }

 private:
  net::Task<Result<void>> Send(std::string_view framed) {
    ++events_;
    auto sent = exchange_.TryWriteEvents(framed, 1);
    if (!sent) sent = co_await exchange_.WriteEvents(framed, 1);
    co_return std::move(*sent);
  }

  // A failure before the first event is an ordinary error; one behind it is the last event, which
  // the exchange can't write: its number follows the others'. Events are numbered from 0.
  net::Task<Result<void>> EndWith(Error error) {
    if (events_ == 0) co_return Explained(exchange_, std::move(error));
    const wire::WireError failure = wire::ToWireError(nullptr, error);
    std::string event;
    wire::AppendResponseError(event, failure, events_);
    auto sent = co_await Send(event);
    // What the log would have had of an error that the exchange writes.
    if (sent) call_.notes.push_back({.name = "error_type", .text = failure.type});
    co_return sent;
  }

  void CountUse(const runtime::TokenUsage& usage) const {
    Count(api_.meter_, call_, choice_.NameOr(call_.model_id), *choice_.model, usage);
  }

  Result<runtime::NativeRequest> NoPrevious(Error error, const std::string& id) {
    if (error.fault != Fault::kNotFound) return std::unexpected(std::move(error));
    exchange_.Explain("previous_response_not_found", "previous_response_id");
    return Fail(Fault::kValidation, fmt::format("Previous response with id '{}' not found.", id));
  }

  OpenAiApi& api_;
  const wire::Call& call_;
  const ModelChoice choice_;
  models::Scope scope_;
  wire::FacadeExchange& exchange_;
  KeptRequest kept_;
  uint64_t events_ = 0;  // that were sent
};

net::Task<Result<void>> OpenAiApi::CreateResponse(const wire::Call& call,
                                                  wire::FacadeExchange& exchange) {
  auto body = runtime::ReadFacadeBody(exchange.body());
  if (!body) co_return Explained(exchange, std::move(body.error()));
  call.model_id = body->model;
  auto choice = FindFacadeModel(directory_, call, body->model, exchange.body());
  if (!choice) co_return Explained(exchange, std::move(choice.error()));
  ResponseExchange response(*this, call, std::move(*choice), exchange);
  auto request = co_await response.Begin();
  if (!request) co_return std::unexpected(std::move(request.error()));
  if (body->stream) co_return co_await response.Stream(std::move(*request));
  co_return co_await response.Whole(std::move(*request));
}

namespace {

// Whether the caller may use the model that made a kept response, and so have it. What isn't there
// is told to whoever may use some model.
net::Task<Result<void>> CheckMaker(const wire::Call& call,
                                   const Result<runtime::StoredResponse>& found) {
  if (call.permission == nullptr) co_return Result<void>();
  std::string model = "*";
  if (found) {
    const auto response = json::Value::Parse(found->response);
    const json::Value* const named =
        response && response->is_object() ? response->Find("model") : nullptr;
    if (named != nullptr && named->AsString() != nullptr) model = *named->AsString();
  }
  std::string arn =
      model.starts_with("arn:") ? model : models::FoundationModelArn(call.region, model);
  co_return co_await call.permission->Check({.action = "bedrock:InvokeModel",
                                             .directory = "bedrock-model",
                                             .name = std::move(model),
                                             .arn = std::move(arn)});
}

}  // namespace

net::Task<Result<void>> OpenAiApi::GetResponse(const wire::Call& call,
                                               wire::FacadeExchange& exchange) {
  const auto id = exchange.Label();
  if (!id) co_return std::unexpected(id.error());
  if (exchange.Query("stream") == "true") {
    exchange.Explain("", "stream");
    co_return Fail(Fault::kValidation, "stream: the events of a response are not kept");
  }
  auto found = co_await responses_.Find(ScopeOf(call), *id);
  if (auto may = co_await CheckMaker(call, found); !may) co_return may;
  if (!found) co_return std::unexpected(std::move(found.error()));
  co_return co_await exchange.SendJson(std::move(found->response));
}

net::Task<Result<void>> OpenAiApi::DeleteResponse(const wire::Call& call,
                                                  wire::FacadeExchange& exchange) {
  const auto id = exchange.Label();
  if (!id) co_return std::unexpected(id.error());
  if (call.permission != nullptr) {
    const auto found = co_await responses_.Find(ScopeOf(call), *id);
    if (auto may = co_await CheckMaker(call, found); !may) co_return may;
  }
  auto deleted = co_await responses_.Delete(ScopeOf(call), *id);
  if (!deleted) co_return deleted;
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("id");
  writer.String(*id);
  writer.Key("object");
  writer.String("response.deleted");
  writer.Key("deleted");
  writer.Boolean(true);
  writer.EndObject();
  co_return co_await exchange.SendJson(std::move(body));
}

}  // namespace bedplate::services::openai_api
