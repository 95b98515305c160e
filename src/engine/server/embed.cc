// /v1/embeddings.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

#include "engine/server/embedding_request.h"
#include "engine/server/engine_handler.h"
#include "engine/server/signal.h"

namespace bedplate::engine {
namespace {

struct Prepared {
  EmbeddingRequest request;
  std::vector<std::vector<TokenId>> inputs;
  uint64_t tokens = 0;
};

Result<Prepared> Prepare(const EngineService& service, std::string_view body) {
  auto request = ParseEmbeddingRequest(body, service.model().info().embedding_length);
  if (!request) return std::unexpected(request.error());
  Prepared prepared{.request = std::move(*request), .inputs = {}};
  for (size_t i = 0; i < prepared.request.inputs.size(); ++i) {
    const auto& input = prepared.request.inputs[i];
    std::vector<TokenId> tokens;
    if (const auto* text = std::get_if<std::string>(&input)) {
      // The text is data: "[SEP]" in it is five characters.
      tokens = service.model().Tokenize(*text, SpecialTokens::kAsText, /*add_special=*/true);
    } else {
      auto checked = service.prompts().Make(std::get<Tokens>(input), {}, service.context_length());
      if (!checked) return std::unexpected(checked.error());
      tokens = std::move(checked->tokens);
    }
    if (tokens.empty()) {
      return Fail(Fault::kValidation, fmt::format("input[{}]: there are no tokens in it", i));
    }
    if (tokens.size() > service.context_length()) {
      return Fail(Fault::kQuota,
                  fmt::format("input[{}] has {} tokens. The model's context holds {} tokens.", i,
                              tokens.size(), service.context_length()));
    }
    prepared.tokens += tokens.size();
    prepared.inputs.push_back(std::move(tokens));
  }
  return prepared;
}

// What the reactor waits for, alive as long as either side needs it.
struct Waiting {
  explicit Waiting(const boost::asio::any_io_executor& executor) : signal(executor) {}
  Signal signal;
  std::optional<Result<std::vector<Vector>>> result;
};

// Tells the loop that nobody waits any more, when the coroutine unwinds.
class AbandonOnLeave {
 public:
  explicit AbandonOnLeave(std::shared_ptr<EmbeddingJob> job) : job_(std::move(job)) {}
  ~AbandonOnLeave() { job_->abandoned = true; }
  AbandonOnLeave(const AbandonOnLeave&) = delete;
  AbandonOnLeave& operator=(const AbandonOnLeave&) = delete;

 private:
  std::shared_ptr<EmbeddingJob> job_;
};

}  // namespace

EngineHandler::Answer EngineHandler::Embed(EngineService& service, net::Request& request,
                                           net::Responder& responder) {
  if (service.embeddings() == nullptr) {
    co_return co_await responder.Send(
        ErrorResponse(400, "the model makes text, not embeddings: use /v1/chat/completions",
                      "invalid_request_error"));
  }
  auto body = co_await net::ReadAll(*request.body, kBodyBytesMax);
  if (!body) co_return co_await responder.Send(ErrorResponse(body.error()));
  auto prepared = co_await pool_.Run([&] { return Prepare(service, *body); });
  if (!prepared) co_return co_await responder.Send(ErrorResponse(prepared.error()));
  const auto executor = co_await boost::asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(executor);
  auto job = std::make_shared<EmbeddingJob>();
  job->inputs = std::move(prepared->inputs);
  job->done = [waiting, executor](Result<std::vector<Vector>> result) {
    boost::asio::post(executor, [waiting, result = std::move(result)]() mutable {
      waiting->result = std::move(result);
      waiting->signal.Notify();
    });
  };
  const AbandonOnLeave abandon(job);
  if (auto submitted = service.embeddings()->Submit(job); !submitted) {
    co_return co_await responder.Send(ErrorResponse(submitted.error()));
  }
  co_await waiting->signal.Wait();
  Result<std::vector<Vector>>& vectors = *waiting->result;
  if (!vectors) co_return co_await responder.Send(ErrorResponse(vectors.error()));
  if (prepared->request.normalize) {
    for (Vector& vector : *vectors) Normalize(vector);
  }
  co_return co_await responder.Send(JsonResponse(
      200,
      WriteEmbeddings(*vectors, prepared->request.base64, service.model_id(), prepared->tokens)));
}

}  // namespace bedplate::engine
