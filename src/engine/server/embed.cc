// /v1/embeddings.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/server/compute_vectors.h"
#include "engine/server/embedding_request.h"
#include "engine/server/engine_handler.h"
#include "engine/server/token_cut.h"

namespace bedplate::engine {
namespace {

struct Prepared {
  EmbeddingRequest request;
  AdapterId adapter = 0;
  std::vector<std::vector<TokenId>> inputs;
  uint64_t tokens = 0;
};

Result<Prepared> Prepare(const EngineService& service, std::string_view body) {
  auto request = ParseEmbeddingRequest(body, service.model().info().embedding_length);
  if (!request) return std::unexpected(request.error());
  const auto adapter = service.AdapterNamed(request->model);
  if (!adapter) return std::unexpected(adapter.error());
  Prepared prepared{.request = std::move(*request), .adapter = *adapter, .inputs = {}};
  const size_t context = service.context_length();
  const size_t most = std::min(context, prepared.request.tokens_max.value_or(context));
  const size_t around = service.model().Tokenize("", SpecialTokens::kParsed, true).size();
  if (most <= around) {
    return Fail(Fault::kValidation,
                fmt::format("max_tokens: expected an integer from {}, got {}: the model wants {} "
                            "tokens around a text",
                            around + 1, most, around));
  }
  const size_t first = service.model().AddsBegin() ? 1 : 0;
  for (size_t i = 0; i < prepared.request.inputs.size(); ++i) {
    const auto& input = prepared.request.inputs[i];
    std::vector<TokenId> tokens;
    if (const auto* text = std::get_if<std::string>(&input)) {
      // The text is data: "[SEP]" in it is five characters.
      tokens = service.model().Tokenize(*text, SpecialTokens::kAsText, /*add_special=*/true);
      CutTokens(tokens, most, first, around - first, prepared.request.truncation);
    } else {
      auto checked = service.prompts().Make(std::get<Tokens>(input), {}, service.context_length());
      if (!checked) return std::unexpected(checked.error());
      tokens = std::move(checked->tokens);
    }
    if (tokens.empty()) {
      return Fail(Fault::kValidation, fmt::format("input[{}]: there are no tokens in it", i));
    }
    if (tokens.size() > most) {
      return Fail(
          Fault::kQuota,
          fmt::format("input[{}] has {} tokens. {} {} tokens.", i, tokens.size(),
                      most < context ? "max_tokens allows" : "The model's context holds", most));
    }
    prepared.tokens += tokens.size();
    prepared.inputs.push_back(std::move(tokens));
  }
  return prepared;
}

}  // namespace

EngineHandler::Answer EngineHandler::Embed(EngineService& service, net::Request& request,
                                           net::Responder& responder) {
  if (service.embeddings() == nullptr) {
    co_return co_await responder.Send(
        ErrorResponse(400,
                      service.ranking() != nullptr
                          ? "the model ranks documents, it makes no embeddings: use /v1/rerank"
                          : "the model makes text, not embeddings: use /v1/chat/completions",
                      "invalid_request_error"));
  }
  auto body = co_await net::ReadAll(*request.body, kBodyBytesMax);
  if (!body) co_return co_await responder.Send(ErrorResponse(body.error()));
  auto prepared = co_await pool_.Run([&] { return Prepare(service, *body); });
  if (!prepared) co_return co_await responder.Send(ErrorResponse(prepared.error()));
  auto vectors = co_await ComputeVectors(*service.embeddings(), std::move(prepared->inputs),
                                         prepared->adapter);
  if (!vectors) co_return co_await responder.Send(ErrorResponse(vectors.error()));
  if (prepared->request.normalize) {
    for (Vector& vector : *vectors) Normalize(vector);
  }
  co_return co_await responder.Send(
      JsonResponse(200, WriteEmbeddings(*vectors, prepared->request.base64,
                                        service.NameOf(prepared->adapter), prepared->tokens)));
}

}  // namespace bedplate::engine
