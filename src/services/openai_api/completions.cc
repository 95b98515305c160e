// Chat completions, and completions of plain text.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "models/formats/facades.h"
#include "runtime/facade_body.h"
#include "services/openai_api/refusal.h"
#include "services/openai_api/service.h"
#include "wire/facade_exchange.h"

namespace bedplate::services::openai_api {
namespace {

net::Task<Result<void>> WriteEvent(wire::FacadeExchange& exchange, std::string_view data) {
  std::string event;
  event.reserve(data.size() + 8);
  event.append("data: ").append(data);
  // In JSON a line's end is white space, in an event it ends the line: a server may send several.
  std::ranges::replace_if(event, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  event.append("\n\n");
  auto sent = exchange.TryWriteEvents(event, 1);
  if (!sent) sent = co_await exchange.WriteEvents(event, 1);
  co_return std::move(*sent);
}

}  // namespace

net::Task<Result<void>> OpenAiApi::CreateChatCompletion(const wire::Call& call,
                                                        wire::FacadeExchange& exchange) {
  return Complete(call, exchange, models::kOpenAiFacadeChat, models::Route::kChat);
}

net::Task<Result<void>> OpenAiApi::CreateCompletion(const wire::Call& call,
                                                    wire::FacadeExchange& exchange) {
  return Complete(call, exchange, models::kOpenAiFacadeText, models::Route::kCompletions);
}

net::Task<Result<void>> OpenAiApi::Complete(const wire::Call& call, wire::FacadeExchange& exchange,
                                            const models::NativeFormat& format,
                                            models::Route route) {
  auto body = runtime::ReadFacadeBody(exchange.body());
  if (!body) co_return Explained(exchange, std::move(body.error()));
  call.model_id = body->model;
  const auto choice = FindFacadeModel(directory_, call, body->model, exchange.body());
  if (!choice) co_return Explained(exchange, choice.error());
  runtime::NativeRequest request{.model = choice->model,
                                 .model_as_asked = std::move(body->model),
                                 .body = std::string(exchange.body()),
                                 .format = &format,
                                 .api = models::NativeApi::kFacade,
                                 .route = route};
  if (body->stream) co_return co_await StreamChunks(call, *choice, std::move(request), exchange);
  auto answer = co_await invoker_.Invoke(std::move(request));
  if (!answer) co_return Explained(exchange, std::move(answer.error()));
  Count(meter_, call, choice->NameOr(call.model_id), *choice->model, answer->usage);
  co_return co_await exchange.SendJson(std::move(answer->body));
}

// Nothing is sent before the first chunk, so that a model that fails at once is an ordinary error.
net::Task<Result<void>> OpenAiApi::StreamChunks(const wire::Call& call, const ModelChoice& choice,
                                                runtime::NativeRequest request,
                                                wire::FacadeExchange& exchange) {
  auto stream = co_await invoker_.InvokeStream(std::move(request));
  if (!stream) co_return Explained(exchange, std::move(stream.error()));
  for (;;) {
    auto chunk = co_await stream->Next();
    if (!chunk) co_return Explained(exchange, std::move(chunk.error()));
    if (!*chunk) break;
    if (auto sent = co_await WriteEvent(exchange, **chunk); !sent) co_return sent;
  }
  if (const auto usage = stream->usage()) {
    Count(meter_, call, choice.NameOr(call.model_id), *choice.model, *usage);
  }
  co_await stream->Finish();
  co_return co_await WriteEvent(exchange, "[DONE]");
}

}  // namespace bedplate::services::openai_api
