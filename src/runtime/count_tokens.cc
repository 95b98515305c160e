#include "runtime/count_tokens.h"

#include <utility>
#include <variant>

#include "models/protocol/chat_response.h"

namespace bedplate::runtime {

models::TokenizeMembers TokenizeMembersFor(const models::Model& model) {
  if (std::holds_alternative<models::LocalWeights>(model.binding)) {
    return models::TokenizeMembers::kAll;
  }
  // Of a request in Anthropic's protocol, model_client chooses what its count takes.
  const auto* upstream = std::get_if<models::RemoteUpstream>(&model.binding);
  return upstream != nullptr && upstream->protocol == models::UpstreamProtocol::kAnthropic
             ? models::TokenizeMembers::kAll
             : models::TokenizeMembers::kOfPrompt;
}

net::Task<Result<int64_t>> AskTokenCount(models::ModelClient& client, const models::Model& model,
                                         std::string body) {
  auto reply = co_await client.Post(model, models::Route::kTokenize, std::move(body));
  if (reply) co_return models::ReadTokenCount(reply->body);
  const int status = reply.error().upstream_status.value_or(0);
  if (status == 404 || status == 405 || status == 501) {
    co_return Fail(Fault::kValidation, "The provided model doesn't support counting tokens.");
  }
  co_return std::unexpected(std::move(reply.error()));
}

}  // namespace bedplate::runtime
