#include "runtime/invoke.h"

#include <fmt/format.h>

#include <utility>

#include "models/formats/openai_chat.h"
#include "models/formats/titan_embeddings.h"
#include "models/protocol/chat_request.h"
#include "models/protocol/embeddings.h"
#include "runtime/count_tokens.h"
#include "runtime/outcome.h"

namespace bedplate::runtime {
namespace {

models::OpenAiChatNames Names(const NativeRequest& request) {
  return {.model_id = request.model->facts.id,
          .model_as_asked = request.model_as_asked,
          .upstream_name = models::UpstreamName(*request.model)};
}

}  // namespace

NativeStream::NativeStream(models::EventSource events, std::string model_id, const Clock& clock,
                           MonotonicTime started)
    : events_(std::move(events)),
      model_id_(std::move(model_id)),
      clock_(&clock),
      started_(started) {}

int64_t NativeStream::ElapsedMs() const { return MillisecondsSince(started_, *clock_); }

net::Task<Result<std::optional<std::string>>> NativeStream::Next() {
  auto data = co_await events_.Next();
  if (!data) co_return std::unexpected(std::move(data.error()));
  if (!*data) {
    if (measured_) co_return std::nullopt;
    co_return Fail(Fault::kModelStreamError,
                   "The model's server ended the response early or without its usage. Retry your "
                   "request.");
  }
  if (!first_byte_ms_) first_byte_ms_ = ElapsedMs();
  if (auto read = chunk_reader_.Read(**data, chunk_); !read) {
    read.error().fault = Fault::kModelStreamError;
    co_return std::unexpected(std::move(read.error()));
  }
  if (chunk_.error) {
    co_return Fail(Fault::kModelStreamError,
                   "The model returned the following errors: " + *chunk_.error);
  }
  std::optional<models::InvocationMetrics> metrics;
  if (chunk_.usage) {
    measured_ = true;
    metrics = {.input_tokens = chunk_.usage->prompt_tokens,
               .output_tokens = chunk_.usage->completion_tokens,
               .latency_ms = ElapsedMs(),
               .first_byte_latency_ms = *first_byte_ms_};
  }
  co_return models::FromUpstreamChatBody(**data, model_id_, metrics);
}

net::Task<Result<NativeAnswer>> Invoker::Invoke(NativeRequest request) {
  if (request.model->facts.MakesEmbeddings()) co_return co_await InvokeEmbeddings(request);
  co_return co_await InvokeChat(request);
}

net::Task<Result<NativeAnswer>> Invoker::InvokeChat(const NativeRequest& request) {
  const MonotonicTime started = clock_.Monotonic();
  auto body = models::ToUpstreamChatBody(request.body, Names(request), false);
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto reply = co_await client_.Post(*request.model, models::Route::kChat, std::move(*body));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto answer = models::ReadChatAnswer(reply->body);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return NativeAnswer{
      .body = models::FromUpstreamChatBody(reply->body, request.model->facts.id, std::nullopt),
      .input_tokens = answer->usage.prompt_tokens,
      .output_tokens = answer->usage.completion_tokens,
      .latency_ms = MillisecondsSince(started, clock_)};
}

net::Task<Result<NativeAnswer>> Invoker::InvokeEmbeddings(const NativeRequest& request) {
  const MonotonicTime started = clock_.Monotonic();
  const models::Model& model = *request.model;
  auto titan = models::ReadTitanEmbeddingsRequest(request.body);
  if (!titan) co_return std::unexpected(std::move(titan.error()));
  auto facts = co_await client_.Facts(model);
  if (!facts) co_return std::unexpected(std::move(facts.error()));
  int dimensions = model.facts.embedding_dimensions;
  if (dimensions == 0) dimensions = facts->embedding_dimensions;
  if (dimensions > 0) {
    auto fits = models::CheckTitanDimensions(titan->dimensions_asked, dimensions);
    if (!fits) co_return std::unexpected(std::move(fits.error()));
  }
  std::optional<bool> normalize;
  if (facts->is_engine) normalize = titan->request.normalize;
  auto reply =
      co_await client_.Post(model, models::Route::kEmbeddings,
                            models::WriteEmbeddingsRequest(titan->request.input_text,
                                                           models::UpstreamName(model), normalize));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto embedding = models::ReadEmbedding(reply->body);
  if (!embedding) co_return std::unexpected(std::move(embedding.error()));
  // A server at a URL told its length only now.
  auto fits = models::CheckTitanDimensions(titan->dimensions_asked,
                                           static_cast<int>(embedding->values.size()));
  if (!fits) co_return std::unexpected(std::move(fits.error()));
  if (titan->request.normalize && !facts->is_engine) models::Normalize(embedding->values);
  co_return NativeAnswer{.body = models::WriteTitanEmbeddingsResponse(
                             titan->request, embedding->values, embedding->prompt_tokens),
                         .input_tokens = embedding->prompt_tokens,
                         .output_tokens = std::nullopt,
                         .latency_ms = MillisecondsSince(started, clock_)};
}

net::Task<Result<NativeStream>> Invoker::InvokeStream(NativeRequest request) {
  const MonotonicTime started = clock_.Monotonic();
  if (request.model->facts.MakesEmbeddings()) {
    co_return Fail(Fault::kValidation,
                   fmt::format("The model is not supported for streaming. Use InvokeModel and try "
                               "again. {} makes embeddings.",
                               request.model->facts.id));
  }
  auto body = models::ToUpstreamChatBody(request.body, Names(request), true);
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto events = co_await client_.Open(*request.model, std::move(*body));
  if (!events) co_return std::unexpected(std::move(events.error()));
  co_return NativeStream(std::move(*events), request.model->facts.id, clock_, started);
}

net::Task<Result<int64_t>> Invoker::CountTokens(NativeRequest request) {
  std::string body;
  if (request.model->facts.MakesEmbeddings()) {
    auto titan = models::ReadTitanEmbeddingsRequest(request.body);
    if (!titan) co_return std::unexpected(std::move(titan.error()));
    body = models::WriteTextTokenizeRequest(titan->request.input_text,
                                            models::UpstreamName(*request.model));
  } else {
    auto chat = models::ToUpstreamTokenizeBody(request.body, Names(request));
    if (!chat) co_return std::unexpected(std::move(chat.error()));
    body = std::move(*chat);
  }
  co_return co_await AskTokenCount(client_, *request.model, std::move(body));
}

}  // namespace bedplate::runtime
