#include "models/model_client.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "models/protocol/upstream_error.h"

namespace bedplate::models {
namespace {

constexpr size_t kAnswerBytesMax = 64 << 20;
constexpr size_t kErrorBytesMax = 64 << 10;

bool SpeaksMessages(const ModelServer& server) {
  return server.protocol == UpstreamProtocol::kAnthropic;
}

int64_t NowS() { return std::chrono::system_clock::to_time_t(SystemClock().Now()); }

std::string Target(const ModelServer& server, Route route) {
  if (SpeaksMessages(server)) {
    return server.path_prefix +
           std::string(route == Route::kTokenize ? kMessagesCountTarget : kMessagesTarget);
  }
  switch (route) {
    case Route::kChat:
      return server.path_prefix + "/chat/completions";
    case Route::kCompletions:
      return server.path_prefix + "/completions";
    case Route::kEmbeddings:
      return server.path_prefix + "/embeddings";
    case Route::kRerank:
      return server.path_prefix + "/rerank";
    case Route::kTokenize:
      return server.tokenize_target;
  }
  return {};
}

// The network's words for the log, ours for the caller.
Error Explain(const std::string& model_id, const ModelServer& server, Error error, bool streaming) {
  log::Warning("models", "an exchange with a model failed",
               {{"model", model_id}, {"error", error.message}});
  if (error.fault == Fault::kModelTimeout) {
    error.message = "The model timed out in processing the request. Try your request again.";
  } else if (streaming) {
    error.fault = Fault::kModelStreamError;
    error.message = "An error occurred while streaming the response. Retry your request.";
  } else if (error.fault == Fault::kUnavailable && !server.is_engine) {
    error.message =
        "The server that this model is bound to can't be reached. Try your request again.";
  } else {
    error.fault = Fault::kModelError;
    error.message = server.is_engine
                        ? "The model ended while it worked on the request. Try your request again."
                        : "The model's server sent an answer that can't be read.";
  }
  return error;
}

// `body` becomes what the server is asked in its own protocol, and `sources` the order of its
// sources; returns the header anthropic-beta.
Result<std::string> Translate(const ModelServer& server, Route route, std::string& body,
                              SourceOrderPtr& sources) {
  if (!SpeaksMessages(server)) return std::string();
  if (route != Route::kChat && route != Route::kTokenize) {
    return Fail(Fault::kValidation,
                "The server that this model is bound to takes conversations alone: it speaks "
                "Anthropic's protocol.");
  }
  auto request =
      route == Route::kTokenize ? MessagesCountFromTokenize(body) : MessagesFromChat(body);
  if (!request) return std::unexpected(std::move(request.error()));
  body = std::move(request->body);
  sources = std::move(request->sources);
  return std::move(request->betas);
}

// The other way: an answer of the server's as one of OpenAI's protocol.
Result<std::string> TranslateBack(const Model& model, const ModelServer& server, Route route,
                                  const SourceOrder* sources, std::string answer) {
  if (!SpeaksMessages(server)) return answer;
  if (route == Route::kTokenize) return TokenizeFromMessagesCount(answer);
  return ChatFromMessages(answer, UpstreamName(model), NowS(), sources);
}

// OpenAI-compatible servers are many, and some name no type; of Anthropic's protocol it is part.
Result<void> CheckEventStream(const ModelServer& server, const net::ClientResponse& response) {
  const std::string type(response.headers.Find("content-type").value_or(""));
  if (!SpeaksMessages(server) || type.starts_with("text/event-stream")) return {};
  return Fail(Fault::kModelError,
              fmt::format("The model's server sent an answer that can't be read: it is of the type "
                          "'{}' and no stream of events.",
                          type.substr(0, 64)));
}

ServerFacts FactsOf(const ModelServer& server) {
  return {.is_engine = server.is_engine,
          .context_tokens = server.context_tokens,
          .embedding_dimensions = server.embedding_dimensions};
}

}  // namespace

std::string UpstreamName(const Model& model) {
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    return EngineModelName(*weights);
  }
  const auto* upstream = std::get_if<RemoteUpstream>(&model.binding);
  return upstream == nullptr ? model.facts.id : upstream->model_name;
}

EventSource::EventSource(std::string model_id, ModelServerPtr server, net::ClientResponse response,
                         SourceOrderPtr sources)
    : model_id_(std::move(model_id)), server_(std::move(server)), response_(std::move(response)) {
  if (SpeaksMessages(*server_)) {
    messages_ = std::make_unique<MessagesStream>(model_id_, NowS(), std::move(sources));
  }
}

net::Task<EventSource::Data> EventSource::Next() {
  for (;;) {
    if (auto data = TryNext()) co_return std::move(*data);
    if (auto ok = Take(co_await response_.body->Next()); !ok) {
      co_return std::unexpected(std::move(ok.error()));
    }
  }
}

std::optional<EventSource::Data> EventSource::TryNext() {
  while (!ended_) {
    auto event = parser_.Next();
    if (!event) {
      return std::unexpected(Explain(model_id_, *server_, std::move(event.error()), true));
    }
    if (*event) {
      if (auto data = TakeEvent((*event)->data)) return data;
      continue;
    }
    auto bytes = response_.body->TryNext();
    if (!bytes) return std::nullopt;
    if (auto ok = Take(std::move(*bytes)); !ok) return std::unexpected(std::move(ok.error()));
  }
  return Data(std::nullopt);
}

// Nothing for an event that brings nothing, or that is only the end.
std::optional<EventSource::Data> EventSource::TakeEvent(std::string_view data) {
  if (messages_) {
    auto chunk = messages_->Take(data);
    ended_ = messages_->ended();
    if (!chunk) {
      chunk.error().fault = Fault::kModelStreamError;
      log::Warning("models", "a stream of a model can't be read",
                   {{"model", model_id_}, {"error", chunk.error().message}});
    } else if (!*chunk) {
      return std::nullopt;
    }
    return chunk;
  }
  // OpenAI's streams end with this event.
  ended_ = data == "[DONE]";
  if (ended_) return std::nullopt;
  return Data(data);
}

Result<void> EventSource::Take(Result<std::string_view> bytes) {
  if (!bytes) {
    return std::unexpected(Explain(model_id_, *server_, std::move(bytes.error()), true));
  }
  if (bytes->empty()) {
    ended_ = body_ended_ = true;
  } else {
    parser_.Feed(*bytes);
  }
  return {};
}

net::Task<void> EventSource::Finish() {
  if (body_ended_) co_return;
  body_ended_ = true;
  co_await response_.body->Next();
}

ServerFacts EventSource::facts() const { return FactsOf(*server_); }

net::Task<Result<net::ClientResponse>> ModelClient::Send(const Model& model, Route route,
                                                         std::string body, ModelServerPtr& server,
                                                         SourceOrderPtr& sources) {
  Host& host = hosts_.For(model);
  // An engine may have died since it was last used; its successor gets one try.
  for (bool again = true;; again = false) {
    server.reset();  // who holds it is waited for, where the engine is to have other adapters
    auto acquired = co_await host.Acquire();
    if (!acquired) co_return std::unexpected(std::move(acquired.error()));
    server = std::move(*acquired);
    auto betas = Translate(*server, route, body, sources);
    if (!betas) co_return std::unexpected(std::move(betas.error()));
    net::ClientRequest request;
    request.method = "POST";
    request.target = Target(*server, route);
    request.headers = server->headers;
    request.headers.Add("content-type", "application/json");
    if (!betas->empty()) request.headers.Add("anthropic-beta", *betas);
    // A generation has no effects beside its answer.
    request.replayable = true;
    const bool last = !again || !server->is_engine;
    if (last) {
      request.body.swap(body);
    } else {
      request.body = body;
    }
    auto response = co_await server->client->Send(std::move(request));
    if (response) co_return std::move(*response);
    if (last || response.error().fault != Fault::kUnavailable) {
      co_return std::unexpected(
          Explain(model.facts.id, *server, std::move(response.error()), false));
    }
    // The supervisor learns of the death a moment after the socket does.
    for (int i = 0; i < 100 && !server->gone.load(); ++i) {
      co_await net::SleepFor(std::chrono::milliseconds(10));
    }
  }
}

net::Task<Result<Reply>> ModelClient::Post(const Model& model, Route route, std::string body) {
  ModelServerPtr server;
  SourceOrderPtr sources;
  auto response = co_await Send(model, route, std::move(body), server, sources);
  if (!response) co_return std::unexpected(std::move(response.error()));
  const bool good = response->status >= 200 && response->status < 300;
  auto answer = co_await net::ReadAll(*response->body, good ? kAnswerBytesMax : kErrorBytesMax);
  if (good && !answer) {
    co_return std::unexpected(Explain(model.facts.id, *server, std::move(answer.error()), false));
  }
  if (good) {
    auto body = TranslateBack(model, *server, route, sources.get(), std::move(*answer));
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return Reply{.body = std::move(*body), .facts = FactsOf(*server)};
  }
  co_return std::unexpected(ReadUpstreamError(response->status, answer ? *answer : std::string(),
                                              response->headers.Find("retry-after")));
}

net::Task<Result<EventSource>> ModelClient::Open(const Model& model, std::string body,
                                                 Route route) {
  ModelServerPtr server;
  SourceOrderPtr sources;
  auto response = co_await Send(model, route, std::move(body), server, sources);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status >= 200 && response->status < 300) {
    if (auto ok = CheckEventStream(*server, *response); !ok) {
      co_return std::unexpected(std::move(ok.error()));
    }
    co_return EventSource(model.facts.id, std::move(server), std::move(*response),
                          std::move(sources));
  }
  auto answer = co_await net::ReadAll(*response->body, kErrorBytesMax);
  co_return std::unexpected(ReadUpstreamError(response->status, answer ? *answer : std::string(),
                                              response->headers.Find("retry-after")));
}

net::Task<Result<ServerFacts>> ModelClient::Facts(const Model& model) {
  auto server = co_await hosts_.For(model).Acquire();
  if (!server) co_return std::unexpected(std::move(server.error()));
  co_return FactsOf(**server);
}

}  // namespace bedplate::models
