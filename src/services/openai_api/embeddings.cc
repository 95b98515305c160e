#include <utility>

#include "models/formats/facades.h"
#include "runtime/facade_body.h"
#include "services/openai_api/refusal.h"
#include "services/openai_api/service.h"
#include "wire/facade_exchange.h"

namespace bedplate::services::openai_api {

net::Task<Result<void>> OpenAiApi::CreateEmbedding(const wire::Call& call,
                                                   wire::FacadeExchange& exchange) {
  auto body = runtime::ReadFacadeBody(exchange.body());
  if (!body) co_return Explained(exchange, std::move(body.error()));
  call.model_id = body->model;
  const auto choice = FindFacadeModel(directory_, call, body->model, exchange.body());
  if (!choice) co_return Explained(exchange, choice.error());
  auto asked = models::ReadOpenAiEmbeddings(exchange.body(), body->model);
  if (!asked) co_return Explained(exchange, std::move(asked.error()));
  auto answer = co_await invoker_.Embed(choice->model, std::move(*asked));
  if (!answer) co_return Explained(exchange, std::move(answer.error()));
  Count(meter_, call, choice->NameOr(call.model_id), *choice->model, answer->usage);
  co_return co_await exchange.SendJson(std::move(answer->body));
}

}  // namespace bedplate::services::openai_api
