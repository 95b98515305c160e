// /v1/rerank.
#include <utility>

#include "engine/server/compute_vectors.h"
#include "engine/server/engine_handler.h"
#include "engine/server/rank_request.h"

namespace bedplate::engine {
namespace {

struct Prepared {
  RankRequest request;
  AdapterId adapter = 0;
  std::vector<std::vector<TokenId>> pairs;
};

Result<Prepared> Prepare(const EngineService& service, std::string_view body) {
  auto request = ParseRankRequest(body);
  if (!request) return std::unexpected(std::move(request.error()));
  const auto adapter = service.AdapterNamed(request->model);
  if (!adapter) return std::unexpected(adapter.error());
  auto pairs = service.pairs()->Make(*request, service.context_length());
  if (!pairs) return std::unexpected(std::move(pairs.error()));
  return Prepared{.request = std::move(*request), .adapter = *adapter, .pairs = std::move(*pairs)};
}

}  // namespace

EngineHandler::Answer EngineHandler::Rank(EngineService& service, net::Request& request,
                                          net::Responder& responder) {
  if (service.ranking() == nullptr) {
    co_return co_await responder.Send(ErrorResponse(
        400, "the model ranks no documents: start the engine with --rerank for one that does",
        "invalid_request_error"));
  }
  auto body = co_await net::ReadAll(*request.body, kBodyBytesMax);
  if (!body) co_return co_await responder.Send(ErrorResponse(body.error()));
  auto prepared = co_await pool_.Run([&] { return Prepare(service, *body); });
  if (!prepared) co_return co_await responder.Send(ErrorResponse(prepared.error()));
  uint64_t tokens = 0;
  for (const auto& pair : prepared->pairs) tokens += pair.size();
  const auto vectors =
      co_await ComputeVectors(*service.ranking(), std::move(prepared->pairs), prepared->adapter);
  if (!vectors) co_return co_await responder.Send(ErrorResponse(vectors.error()));
  std::vector<float> scores;
  scores.reserve(vectors->size());
  for (const Vector& vector : *vectors) scores.push_back(vector.front());
  co_return co_await responder.Send(JsonResponse(
      200, WriteRanking(scores, service.model().info().scores_are_probabilities,
                        prepared->request.results_max, service.NameOf(prepared->adapter), tokens)));
}

}  // namespace bedplate::engine
