// /v1/chat/completions and /v1/completions.
#include <fmt/format.h>
#include <xxhash.h>

#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "engine/server/completion_writer.h"
#include "engine/server/engine_handler.h"

namespace bedplate::engine {
namespace {

struct Prepared {
  CompletionRequest request;
  Generation generation;
};

// Everything about a request that takes time, on a thread of the pool.
Result<Prepared> Prepare(const EngineService& service, std::string_view body, CompletionKind kind) {
  auto request = ParseCompletionRequest(body, kind, service.sampling_defaults());
  if (!request) return std::unexpected(request.error());
  auto tokens = service.prompts().Make(request->prompt, service.context_length());
  if (!tokens) return std::unexpected(tokens.error());
  if (tokens->empty()) return Fail(Fault::kValidation, "the prompt has no tokens");
  Prepared prepared{.request = std::move(*request), .generation = {}};
  Generation& generation = prepared.generation;
  generation.prompt = std::move(*tokens);
  generation.new_tokens_max =
      prepared.request.new_tokens_max.value_or(std::numeric_limits<int32_t>::max());
  generation.sampling = prepared.request.sampling;
  const auto suppressed = service.model().SuppressedTokens();
  generation.suppressed.assign(suppressed.begin(), suppressed.end());
  if (prepared.request.ignore_end) {
    generation.suppressed.insert(generation.suppressed.end(), service.ending_tokens().begin(),
                                 service.ending_tokens().end());
  }
  generation.stops = prepared.request.stops;
  generation.tier = prepared.request.tier;
  const auto hash = [](const std::string& text) {
    return text.empty() ? 0 : XXH3_64bits(text.data(), text.size());
  };
  generation.tenant = hash(prepared.request.tenant);
  generation.share_scope = hash(prepared.request.share_scope);
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
         ending == Ending::kCancelled || ending == Ending::kFailed;
}

net::Response TooLong(size_t prompt_tokens, uint32_t context_length) {
  return ErrorResponse(
      400,
      fmt::format("The prompt has {} tokens. The model's context holds {} tokens, of prompt and "
                  "answer together.",
                  prompt_tokens, context_length),
      "context_length_exceeded");
}

std::pair<std::string_view, std::string_view> FailureTextAndCode(Ending ending) {
  if (ending == Ending::kOverloaded) return {"too many requests wait for the model", "overloaded"};
  if (ending == Ending::kCancelled) return {"the engine is stopping", "overloaded"};
  return {"the model's computation failed", "server_error"};
}

net::Task<Result<void>> Stream(AnswerChannels::Channel& channel, CancelOnLeave& cancel,
                               const CompletionWriter& writer, bool include_usage, Progress news,
                               net::Responder& responder) {
  net::Headers headers;
  headers.Add("content-type", "text/event-stream");
  headers.Add("cache-control", "no-cache");
  if (auto started = co_await responder.Start(200, std::move(headers)); !started) {
    co_return started;
  }
  std::string out;
  writer.AppendOpening(out);
  for (;; news = co_await channel.Next()) {
    if (!news.text.empty()) writer.AppendText(news.text, out);
    if (news.ending != Ending::kNone) break;
    if (auto written = co_await responder.Write(out); !written) co_return written;
    out.clear();
  }
  cancel.Ended();
  if (IsFailure(news.ending)) {
    const auto [text, code] = FailureTextAndCode(news.ending);
    CompletionWriter::AppendError(text, code, out);
  } else {
    writer.AppendEnding(news, include_usage, out);
  }
  if (auto written = co_await responder.Write(out); !written) co_return written;
  co_return co_await responder.Finish();
}

net::Task<Result<void>> SendWhole(AnswerChannels::Channel& channel, CancelOnLeave& cancel,
                                  const CompletionWriter& writer, Progress news,
                                  net::Responder& responder) {
  std::string text = std::move(news.text);
  while (news.ending == Ending::kNone) {
    news = co_await channel.Next();
    text += news.text;
  }
  cancel.Ended();
  if (IsFailure(news.ending)) {
    const auto [reason, code] = FailureTextAndCode(news.ending);
    co_return co_await responder.Send(
        ErrorResponse(code == "overloaded" ? 503 : 500, reason, code));
  }
  co_return co_await responder.Send(JsonResponse(200, writer.Whole(text, news)));
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
  if (!prepared) co_return co_await responder.Send(ErrorResponse(prepared.error()));
  const size_t prompt_tokens = prepared->generation.prompt.size();
  if (prompt_tokens >= service.context_length()) {
    co_return co_await responder.Send(TooLong(prompt_tokens, service.context_length()));
  }

  const RequestId id = service.NextRequestId();
  prepared->generation.id = id;
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
    const auto [reason, code] = FailureTextAndCode(news.ending);
    co_return co_await responder.Send(
        ErrorResponse(code == "overloaded" ? 503 : 500, reason, code));
  }
  const auto created =
      std::chrono::floor<std::chrono::seconds>(SystemClock().Now()).time_since_epoch().count();
  const CompletionWriter writer(kind,
                                (kind == CompletionKind::kChat ? "chatcmpl-" : "cmpl-") + NewUuid(),
                                service.model_id(), created);
  if (prepared->request.stream) {
    co_return co_await Stream(channel, cancel, writer, prepared->request.include_usage,
                              std::move(news), responder);
  }
  co_return co_await SendWhole(channel, cancel, writer, std::move(news), responder);
}

}  // namespace bedplate::engine
