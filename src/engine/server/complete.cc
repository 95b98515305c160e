// /v1/chat/completions and /v1/completions.
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "engine/chat/answer_parser.h"
#include "engine/server/completion_writer.h"
#include "engine/server/compute_images.h"
#include "engine/server/engine_handler.h"
#include "engine/server/log_probabilities_json.h"

namespace bedplate::engine {
namespace {

struct Prepared {
  CompletionRequest request;
  Generation generation;
  std::shared_ptr<const AnswerSyntax> syntax;  // what the answer is read by
  std::vector<TokenId> shown;                  // as in the generation
};

// Everything about a request that takes time, on a thread of the pool.
Result<Prepared> Prepare(const EngineService& service, std::string_view body, CompletionKind kind) {
  auto request = ParseCompletionRequest(body, kind, service.sampling_defaults());
  if (!request) return std::unexpected(request.error());
  const auto adapter = service.AdapterNamed(request->model);
  if (!adapter) return std::unexpected(adapter.error());
  auto prompt = service.prompts().Make(request->prompt, request->form, service.context_length());
  if (!prompt) return std::unexpected(prompt.error());
  if (prompt->tokens.empty()) return Fail(Fault::kValidation, "the prompt has no tokens");
  auto constraint = service.constraints().Make(prompt->plan);
  if (!constraint) return std::unexpected(constraint.error());
  Prepared prepared{.request = std::move(*request),
                    .generation = {},
                    .syntax = prompt->plan.syntax,
                    .shown = service.constraints().Shown(prompt->plan)};
  prepared.request.prompt = PromptSource();  // which may have images as pixels
  Generation& generation = prepared.generation;
  generation.prompt = std::move(prompt->tokens);
  generation.images = std::move(prompt->images);
  generation.constraint = std::move(*constraint);
  generation.shown = prepared.shown;
  generation.new_tokens_max =
      prepared.request.new_tokens_max.value_or(std::numeric_limits<int32_t>::max());
  generation.sampling = prepared.request.sampling;
  generation.top_log_probabilities = prepared.request.top_log_probabilities;
  const auto suppressed = service.model().SuppressedTokens();
  generation.suppressed.assign(suppressed.begin(), suppressed.end());
  if (prepared.request.ignore_end) {
    generation.suppressed.insert(generation.suppressed.end(), service.ending_tokens().begin(),
                                 service.ending_tokens().end());
  }
  generation.stops = prepared.request.stops;
  generation.stops.insert(generation.stops.end(), prompt->plan.stops.begin(),
                          prompt->plan.stops.end());
  generation.adapter = *adapter;
  generation.tier = prepared.request.tier;
  const auto hash = [](const std::string& text) {
    return text.empty() ? 0 : XXH3_64bits(text.data(), text.size());
  };
  generation.tenant = hash(prepared.request.tenant);
  generation.share_scope = hash(prepared.request.share_scope);
  if (!prompt->checkpoints.empty()) {
    const size_t last = prompt->checkpoints.back().tokens;
    generation.checkpoints = {.marks = std::move(prompt->checkpoints),
                              .hashes = HashPrefixes(std::span(generation.prompt).first(last),
                                                     generation.share_scope, generation.adapter)};
  }
  return prepared;
}

// Cancels the request unless it has ended: when the client leaves, the coroutine unwinds.
class CancelOnLeave {
 public:
  CancelOnLeave(InferenceLoop& loop, RequestId id) : loop_(loop), id_(id) {}
  ~CancelOnLeave() {
    if (!ended_) loop_.Cancel(id_);
  }
  CancelOnLeave(const CancelOnLeave&) = delete;
  CancelOnLeave& operator=(const CancelOnLeave&) = delete;
  void Ended() { ended_ = true; }

 private:
  InferenceLoop& loop_;
  RequestId id_;
  bool ended_ = false;
};

bool IsFailure(Ending ending) {
  return ending == Ending::kContextLengthExceeded || ending == Ending::kOverloaded ||
         ending == Ending::kCancelled || ending == Ending::kTooComplex || ending == Ending::kFailed;
}

net::Response TooLong(size_t prompt_tokens, uint32_t context_length) {
  return ErrorResponse(
      400,
      fmt::format("The prompt has {} tokens. The model's context holds {} tokens, of prompt and "
                  "answer together.",
                  prompt_tokens, context_length),
      "context_length_exceeded");
}

struct Failure {
  int status;
  std::string_view text;
  std::string_view code;
};

Failure FailureOf(Ending ending) {
  if (ending == Ending::kOverloaded) {
    return {503, "too many requests wait for the model", "overloaded"};
  }
  if (ending == Ending::kCancelled) return {503, "the engine is stopping", "overloaded"};
  if (ending == Ending::kTooComplex) {
    return {400,
            "the schema allows too many kinds of text at once to hold the answer to it: make its "
            "alternatives differ at their beginning",
            "invalid_request_error"};
  }
  return {500, "the model's computation failed", "server_error"};
}

net::Response FailureResponse(Ending ending) {
  const Failure failure = FailureOf(ending);
  return ErrorResponse(failure.status, failure.text, failure.code);
}

// Reads one answer's text as it comes, and says how it ended.
class AnswerReader {
 public:
  explicit AnswerReader(const Prepared& prepared)
      : request_(prepared.request), parser_(prepared.syntax) {}

  void Add(std::string_view text) { parser_.Add(text); }
  AnswerContent Take() { return parser_.Take(); }

  AnswerContent Finish(Progress& last) {
    // The model's own end, whatever text it is written with.
    if (last.ending == Ending::kStopSequence &&
        std::ranges::find(request_.stops, last.stop_sequence) == request_.stops.end()) {
      last.ending = Ending::kEndOfTurn;
    }
    AnswerContent content = parser_.Finish(/*whole=*/last.ending != Ending::kLength);
    finish_reason_ = "stop";
    if (last.ending == Ending::kLength) {
      finish_reason_ = "length";
    } else if (request_.form.MayCall() && parser_.malformed()) {
      finish_reason_ = "malformed_tool_call";
    } else if (parser_.calls() > 0) {
      finish_reason_ = "tool_calls";
    }
    return content;
  }
  std::string_view finish_reason() const { return finish_reason_; }

 private:
  const CompletionRequest& request_;
  AnswerParser parser_;
  std::string_view finish_reason_;
};

// Where nothing can be said yet, the log probabilities of what will be wait too.
void AppendContent(const CompletionWriter& writer, const AnswerContent& content,
                   LogProbabilitiesJson& log_probabilities, std::string& out) {
  if (!content.empty()) writer.AppendContent(content, log_probabilities.Take(), out);
}

net::Task<Result<void>> Stream(AnswerChannels::Channel& channel, CancelOnLeave& cancel,
                               const CompletionWriter& writer, const Prepared& prepared,
                               LogProbabilitiesJson& log_probabilities, size_t prompt_tokens,
                               Progress news, net::Responder& responder) {
  net::Headers headers;
  headers.Add("content-type", "text/event-stream");
  headers.Add("cache-control", "no-cache");
  if (auto started = co_await responder.Start(200, std::move(headers)); !started) {
    co_return started;
  }
  AnswerReader reader(prepared);
  std::string out;
  writer.AppendOpening(prepared.request.prompt_usage ? std::optional(prompt_tokens) : std::nullopt,
                       out);
  for (;; news = co_await channel.Next()) {
    reader.Add(news.text);
    log_probabilities.Add(std::move(news.steps));
    if (news.ending != Ending::kNone) break;
    AppendContent(writer, reader.Take(), log_probabilities, out);
    if (out.empty()) continue;
    if (auto written = co_await responder.Write(out); !written) co_return written;
    out.clear();
  }
  cancel.Ended();
  if (IsFailure(news.ending)) {
    AppendContent(writer, reader.Take(), log_probabilities, out);
    const Failure failure = FailureOf(news.ending);
    CompletionWriter::AppendError(failure.text, failure.code, out);
  } else {
    AppendContent(writer, reader.Finish(news), log_probabilities, out);
    writer.AppendEnding({.finish_reason = reader.finish_reason(), .last = news},
                        log_probabilities.Take(), prepared.request.include_usage, out);
  }
  if (auto written = co_await responder.Write(out); !written) co_return written;
  co_return co_await responder.Finish();
}

net::Task<Result<void>> SendWhole(AnswerChannels::Channel& channel, CancelOnLeave& cancel,
                                  const CompletionWriter& writer, const Prepared& prepared,
                                  LogProbabilitiesJson& log_probabilities, Progress news,
                                  net::Responder& responder) {
  AnswerReader reader(prepared);
  for (;; news = co_await channel.Next()) {
    reader.Add(news.text);
    log_probabilities.Add(std::move(news.steps));
    if (news.ending != Ending::kNone) break;
  }
  cancel.Ended();
  if (IsFailure(news.ending)) co_return co_await responder.Send(FailureResponse(news.ending));
  const AnswerContent content = reader.Finish(news);
  co_return co_await responder.Send(
      JsonResponse(200, writer.Whole(content, log_probabilities.TakeWhole(),
                                     {.finish_reason = reader.finish_reason(), .last = news})));
}

}  // namespace

EngineHandler::Answer EngineHandler::Complete(EngineService& service, CompletionKind kind,
                                              net::Request& request, net::Responder& responder) {
  if (service.inference() == nullptr) {
    co_return co_await responder.Send(ErrorResponse(
        400, "the model makes embeddings, not text: use /v1/embeddings", "invalid_request_error"));
  }
  auto body = co_await net::ReadAll(*request.body, kBodyBytesMax);
  if (!body) co_return co_await responder.Send(ErrorResponse(body.error()));
  auto prepared = co_await pool_.Run([&] { return Prepare(service, *body, kind); });
  std::string().swap(*body);  // an image has it be large, and an answer takes long
  if (!prepared) co_return co_await responder.Send(ErrorResponse(prepared.error()));
  const size_t prompt_tokens = prepared->generation.prompt.size();
  if (prompt_tokens >= service.context_length()) {
    co_return co_await responder.Send(TooLong(prompt_tokens, service.context_length()));
  }

  if (!prepared->generation.images.empty()) {
    auto encoded = co_await EncodeImages(*service.images(), prepared->generation);
    if (!encoded) co_return co_await responder.Send(ErrorResponse(encoded.error()));
  }
  const RequestId id = service.NextRequestId();
  prepared->generation.id = id;
  const std::string model(service.NameOf(prepared->generation.adapter));
  AnswerChannels::Channel channel(service.channels(), id);
  CancelOnLeave cancel(*service.inference(), id);
  if (auto submitted = service.inference()->Submit(std::move(prepared->generation)); !submitted) {
    cancel.Ended();
    co_return co_await responder.Send(ErrorResponse(submitted.error()));
  }
  // Nothing is sent before the first news, so that a failure until then has a status of its own.
  Progress news = co_await channel.Next();
  if (IsFailure(news.ending)) {
    cancel.Ended();
    if (news.ending == Ending::kContextLengthExceeded) {
      co_return co_await responder.Send(TooLong(prompt_tokens, service.context_length()));
    }
    co_return co_await responder.Send(FailureResponse(news.ending));
  }
  const auto created =
      std::chrono::floor<std::chrono::seconds>(SystemClock().Now()).time_since_epoch().count();
  const CompletionWriter writer(
      kind, (kind == CompletionKind::kChat ? "chatcmpl-" : "cmpl-") + NewUuid(), model, created,
      prepared->request.tells_tier ? std::optional(prepared->request.tier) : std::nullopt);
  LogProbabilitiesJson log_probabilities(kind, prepared->request.top_log_probabilities,
                                         service.model(), std::move(prepared->shown));
  if (prepared->request.stream) {
    co_return co_await Stream(channel, cancel, writer, *prepared, log_probabilities, prompt_tokens,
                              std::move(news), responder);
  }
  co_return co_await SendWhole(channel, cancel, writer, *prepared, log_probabilities,
                               std::move(news), responder);
}

}  // namespace bedplate::engine
