#include <string>
#include <string_view>
#include <utility>

#include "base/json/writer.h"
#include "runtime/facade_body.h"
#include "services/openai_api/refusal.h"
#include "services/openai_api/service.h"
#include "wire/facade_exchange.h"

namespace bedplate::services::openai_api {
namespace {

void WriteModel(json::Writer& writer, std::string_view id, const models::ModelFacts& facts) {
  writer.BeginObject();
  writer.Key("id");
  writer.String(id);
  writer.Key("object");
  writer.String("model");
  // Clients demand a number: 0 where nobody published one.
  writer.Key("created");
  writer.Integer(facts.start_of_life_s);
  writer.Key("owned_by");
  writer.String(facts.provider);
  writer.EndObject();
}

}  // namespace

// The models that can be asked: a client of this API knows no other kind of listing.
net::Task<Result<void>> OpenAiApi::ListModels(const wire::Call& call,
                                              wire::FacadeExchange& exchange) {
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("object");
  writer.String("list");
  writer.Key("data");
  writer.BeginArray();
  const models::Scope scope = ScopeOf(call);
  for (const models::ModelPtr& model : directory_.List(scope)) {
    if (directory_.Resolve(model->facts.id, scope)) {
      WriteModel(writer, model->facts.id, model->facts);
    }
  }
  writer.EndArray();
  writer.EndObject();
  co_return co_await exchange.SendJson(std::move(body));
}

net::Task<Result<void>> OpenAiApi::RetrieveModel(const wire::Call& call,
                                                 wire::FacadeExchange& exchange) {
  const auto name = exchange.Label();
  if (!name) co_return std::unexpected(name.error());
  const auto choice = FindFacadeModel(directory_, call, *name, {});
  if (!choice) co_return Explained(exchange, choice.error());
  std::string body;
  json::Writer writer(body);
  WriteModel(writer, *name, choice->model->facts);
  co_return co_await exchange.SendJson(std::move(body));
}

}  // namespace bedplate::services::openai_api
