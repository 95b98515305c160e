#include "runtime/invoke.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

#include "models/cache_points.h"
#include "models/protocol/chat_request.h"
#include "models/protocol/embeddings.h"
#include "runtime/count_tokens.h"
#include "runtime/outcome.h"
#include "runtime/read_images.h"
#include "runtime/service_tier.h"
#include "runtime/source_reading.h"

namespace bedplate::runtime {
namespace {

// Some hundred microseconds of reading; above it the other connections of the reactor would feel
// it.
constexpr size_t kInlineBodyBytesMax = 64 << 10;

const models::NativeFormat& FormatOf(const NativeRequest& request) {
  return request.format != nullptr ? *request.format : models::FormatOf(request.model->facts);
}

Result<void> CheckTierOf(const NativeRequest& request) {
  return CheckTier(request.service_tier, "X-Amzn-Bedrock-Service-Tier", *request.model);
}

}  // namespace

NativeStream::NativeStream(models::EventSource events, std::unique_ptr<models::NativeChunks> chunks,
                           const Clock& clock, MonotonicTime started, Terms terms,
                           std::unique_ptr<models::AnswerCiter> citer)
    : events_(std::move(events)),
      chunks_(std::move(chunks)),
      clock_(&clock),
      started_(started),
      terms_(terms),
      citer_(std::move(citer)) {}

int64_t NativeStream::ElapsedMs() const { return MillisecondsSince(started_, *clock_); }

net::Task<Result<std::optional<std::string>>> NativeStream::Next() {
  while (next_ready_ == ready_.size()) {
    if (ended_) co_return std::nullopt;
    ready_.clear();
    next_ready_ = 0;
    auto data = co_await events_.Next();
    if (!data) co_return std::unexpected(std::move(data.error()));
    auto taken = *data ? Take(**data) : End();
    if (!taken) {
      taken.error().fault = Fault::kModelStreamError;
      co_return std::unexpected(std::move(taken.error()));
    }
  }
  co_return std::move(ready_[next_ready_++]);
}

Result<void> NativeStream::Take(std::string_view data) {
  if (!first_byte_ms_) first_byte_ms_ = ElapsedMs();
  if (auto read = chunk_reader_.Read(data, chunk_); !read) return read;
  if (chunk_.error) {
    return Fail(Fault::kModelStreamError,
                "The model returned the following errors: " + *chunk_.error);
  }
  if (!chunk_.service_tier.empty()) service_tier_ = chunk_.service_tier;
  if (chunk_.finish) finish_ = chunk_.finish;
  if (chunk_.usage && terms_.own_cache) models::CountOwnCache(*chunk_.usage);
  if (chunk_.usage && (finish_ || !terms_.early_usage)) usage_ = chunk_.usage;
  if (!citer_) return chunks_->Add(chunk_, data, ready_);
  cited_chunks_.clear();
  citer_->Take(std::move(chunk_), cited_chunks_);
  for (const models::ChatChunk& chunk : cited_chunks_) {
    if (auto ok = chunks_->Add(chunk, data, ready_); !ok) return ok;
  }
  return {};
}

Result<void> NativeStream::End() {
  if (!finish_ || !usage_) {
    return Fail(Fault::kModelStreamError,
                "The model's server ended the response early or without its usage. Retry your "
                "request.");
  }
  ended_ = true;
  const TokenUsage used = ToUsage(*usage_);
  return chunks_->End(*finish_,
                      {.input_tokens = used.input_tokens,
                       .output_tokens = used.output_tokens,
                       .cache_read_tokens = used.cache_read_tokens,
                       .cache_write_tokens = used.cache_write_tokens,
                       .cache_write_long_tokens = used.cache_write_long_tokens,
                       .latency_ms = ElapsedMs(),
                       .first_byte_latency_ms = *first_byte_ms_},
                      ready_);
}

std::optional<TokenUsage> NativeStream::usage() const {
  if (!usage_) return std::nullopt;
  return ToUsage(*usage_);
}

models::NativeCall Invoker::CallOf(const NativeRequest& request, models::NativeUse use) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  return {.model_id = request.model->facts.id,
          .model_as_asked = request.model_as_asked,
          .upstream_name = models::UpstreamName(*request.model),
          .use = use,
          .tokenize_members = TokenizeMembersFor(*request.model),
          .api = request.api,
          .api_version = request.api_version,
          .service_tier = request.service_tier,
          .takes_cache_points = models::TakesCachePoints(*request.model),
          .takes_redacted = request.model->SpeaksMessages(),
          .takes_sources = request.model->SpeaksMessages(),
          .early_usage = std::holds_alternative<models::LocalWeights>(request.model->binding),
          .now_s = now.time_since_epoch().count()};
}

net::Task<Result<models::NativeChatPtr>> Invoker::ReadChat(const models::NativeFormat& format,
                                                           std::string_view body,
                                                           const models::NativeCall& call) {
  if (body.size() <= kInlineBodyBytesMax) co_return format.read_chat(body, call);
  co_return co_await body_pool_.Run([&] { return format.read_chat(body, call); });
}

net::Task<Result<std::string>> Invoker::UpstreamBody(const models::Model& model,
                                                     models::NativeChat& chat,
                                                     const models::NativeCall& call,
                                                     ByteBudget::Share& held) {
  std::string body = chat.UpstreamBody(call);
  if (!MayHaveImages(body) || !std::holds_alternative<models::LocalWeights>(model.binding)) {
    co_return body;
  }
  auto read = co_await ReadImages(images_, image_pool_, model, body, held);
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return body;
}

net::Task<Result<NativeAnswer>> Invoker::Embed(models::ModelPtr model,
                                               models::NativeEmbeddingsPtr asked) {
  co_return co_await InvokeEmbeddings(*model, *asked);
}

net::Task<Result<NativeAnswer>> Invoker::Invoke(NativeRequest request) {
  const models::Model& model = *request.model;
  const models::NativeFormat& format = FormatOf(request);
  if (auto ok = CheckTierOf(request); !ok) co_return std::unexpected(std::move(ok.error()));
  switch (format.use()) {
    case models::Use::kEmbeddings: {
      auto embeddings = format.read_embeddings(request.body);
      if (!embeddings) co_return std::unexpected(std::move(embeddings.error()));
      co_return co_await InvokeEmbeddings(model, **embeddings);
    }
    case models::Use::kRanking: {
      auto ranking = format.read_ranking(request.body);
      if (!ranking) co_return std::unexpected(std::move(ranking.error()));
      co_return co_await InvokeRanking(model, *ranking);
    }
    case models::Use::kText:
      break;
  }
  co_return co_await InvokeChat(model, format, request);
}

net::Task<Result<NativeAnswer>> Invoker::InvokeChat(const models::Model& model,
                                                    const models::NativeFormat& format,
                                                    const NativeRequest& request) {
  const MonotonicTime started = clock_.Monotonic();
  const models::NativeCall call = CallOf(request, models::NativeUse::kAnswer);
  auto chat = co_await ReadChat(format, request.body, call);
  if (!chat) co_return std::unexpected(std::move(chat.error()));
  const bool own_cache = !call.takes_cache_points && (*chat)->HasCachePoints();
  ByteBudget::Share held;
  auto upstream = co_await UpstreamBody(model, **chat, call, held);
  if (!upstream) co_return std::unexpected(std::move(upstream.error()));
  auto reply = co_await client_.Post(model, request.route, std::move(*upstream));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto answer = models::ReadChatAnswer(reply->body);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (own_cache) models::CountOwnCache(answer->usage);
  auto cited = co_await CiteAnswer(source_pool_, (*chat)->TakeCitedSources(), *answer);
  if (!cited) co_return std::unexpected(std::move(cited.error()));
  auto body = (*chat)->WriteAnswer(*answer, reply->body);
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return NativeAnswer{.body = std::move(*body),
                         .usage = ToUsage(answer->usage),
                         .latency_ms = MillisecondsSince(started, clock_),
                         .service_tier = std::move(answer->service_tier)};
}

net::Task<Result<NativeAnswer>> Invoker::InvokeEmbeddings(const models::Model& model,
                                                          const models::NativeEmbeddings& asked) {
  const MonotonicTime started = clock_.Monotonic();
  auto facts = co_await client_.Facts(model);
  if (!facts) co_return std::unexpected(std::move(facts.error()));
  int dimensions = model.facts.embedding_dimensions;
  if (dimensions == 0) dimensions = facts->embedding_dimensions;
  if (dimensions > 0) {
    auto fits = asked.CheckDimensions(dimensions);
    if (!fits) co_return std::unexpected(std::move(fits.error()));
  }
  const models::EmbeddingsRequest& request = asked.request();
  if (request.tokens_max > 0 && !facts->is_engine) {
    co_return Fail(Fault::kValidation,
                   fmt::format("max_tokens can't be {}: the server that {} is bound to does not "
                               "bound the tokens of a text.",
                               request.tokens_max, model.facts.id));
  }
  auto reply = co_await client_.Post(
      model, models::Route::kEmbeddings,
      models::WriteEmbeddingsRequest(request, models::UpstreamName(model), facts->is_engine));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto embeddings = models::ReadEmbeddings(reply->body, request.texts.size());
  if (!embeddings) co_return std::unexpected(std::move(embeddings.error()));
  for (std::vector<float>& vector : embeddings->vectors) {
    // A server at a URL told its length only now.
    auto fits = asked.CheckDimensions(static_cast<int>(vector.size()));
    if (!fits) co_return std::unexpected(std::move(fits.error()));
    if (request.normalize && !facts->is_engine) models::Normalize(vector);
  }
  co_return NativeAnswer{.body = asked.WriteAnswer(*embeddings),
                         .usage = {.input_tokens = embeddings->prompt_tokens},
                         .is_text = false,
                         .latency_ms = MillisecondsSince(started, clock_)};
}

net::Task<Result<NativeAnswer>> Invoker::InvokeRanking(const models::Model& model,
                                                       const models::NativeRanking& asked) {
  const MonotonicTime started = clock_.Monotonic();
  auto facts = co_await client_.Facts(model);
  if (!facts) co_return std::unexpected(std::move(facts.error()));
  auto reply = co_await client_.Post(
      model, models::Route::kRerank,
      models::WriteRerankRequest(asked.request, models::UpstreamName(model), facts->is_engine));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto ranking = models::ReadRanking(reply->body, asked.request.documents.size());
  if (!ranking) co_return std::unexpected(std::move(ranking.error()));
  co_return NativeAnswer{.body = models::WriteRankingAnswer(asked, *ranking),
                         .usage = {.input_tokens = ranking->prompt_tokens},
                         .is_text = false,
                         .latency_ms = MillisecondsSince(started, clock_)};
}

net::Task<Result<NativeStream>> Invoker::InvokeStream(NativeRequest request) {
  const MonotonicTime started = clock_.Monotonic();
  const models::NativeFormat& format = FormatOf(request);
  if (format.read_chat == nullptr) {
    co_return Fail(Fault::kValidation,
                   fmt::format("The model is not supported for streaming. Use InvokeModel and try "
                               "again. {} makes {}.",
                               request.model->facts.id,
                               format.use() == models::Use::kRanking ? "rankings" : "embeddings"));
  }
  if (auto ok = CheckTierOf(request); !ok) co_return std::unexpected(std::move(ok.error()));
  models::NativeCall call = CallOf(request, models::NativeUse::kStream);
  auto chat = co_await ReadChat(format, request.body, call);
  if (!chat) co_return std::unexpected(std::move(chat.error()));
  const bool cache_points = (*chat)->HasCachePoints();
  // How much of the prompt a cache point saves shows at the end only.
  call.early_usage = call.early_usage && !cache_points;
  ByteBudget::Share held;
  auto upstream = co_await UpstreamBody(*request.model, **chat, call, held);
  if (!upstream) co_return std::unexpected(std::move(upstream.error()));
  auto events = co_await client_.Open(*request.model, std::move(*upstream), request.route);
  if (!events) co_return std::unexpected(std::move(events.error()));
  auto index = co_await IndexSources(source_pool_, (*chat)->TakeCitedSources());
  if (!index) co_return std::unexpected(std::move(index.error()));
  co_return NativeStream(
      std::move(*events), (*chat)->StartChunks(), clock_, started,
      {.early_usage = call.early_usage, .own_cache = !call.takes_cache_points && cache_points},
      *index ? std::make_unique<models::AnswerCiter>(std::move(*index)) : nullptr);
}

net::Task<Result<int64_t>> Invoker::CountTokens(NativeRequest request) {
  const models::Model& model = *request.model;
  const models::NativeFormat& format = FormatOf(request);
  if (format.read_chat != nullptr) {
    const models::NativeCall call = CallOf(request, models::NativeUse::kCountTokens);
    auto chat = co_await ReadChat(format, request.body, call);
    if (!chat) co_return std::unexpected(std::move(chat.error()));
    ByteBudget::Share held;
    auto upstream = co_await UpstreamBody(model, **chat, call, held);
    if (!upstream) co_return std::unexpected(std::move(upstream.error()));
    co_return co_await AskTokenCount(client_, model, std::move(*upstream));
  }
  if (format.read_embeddings == nullptr) {
    co_return Fail(Fault::kValidation, "The provided model doesn't support counting tokens.");
  }
  auto embeddings = format.read_embeddings(request.body);
  if (!embeddings) co_return std::unexpected(std::move(embeddings.error()));
  int64_t sum = 0;
  for (const std::string& text : (*embeddings)->request().texts) {
    auto count = co_await AskTokenCount(
        client_, model, models::WriteTextTokenizeRequest(text, models::UpstreamName(model)));
    if (!count) co_return count;
    sum += *count;
  }
  co_return sum;
}

}  // namespace bedplate::runtime
