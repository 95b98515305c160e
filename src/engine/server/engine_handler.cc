#include "engine/server/engine_handler.h"

#include <fmt/format.h>

#include <utility>

#include "base/json/writer.h"
#include "engine/server/completion_writer.h"
#include "engine/server/metrics_page.h"

namespace bedplate::engine {
namespace {

void WriteAdapter(const ModelAdapter& adapter, std::string_view model_id, json::Writer& writer) {
  writer.BeginObject();
  writer.Key("id");
  writer.String(adapter.source.name);
  writer.Key("object");
  writer.String("model");
  writer.Key("owned_by");
  writer.String("bedplate");
  writer.Key("parent");
  writer.String(model_id);
  if (!adapter.error.empty()) {
    writer.Key("error");
    writer.String(adapter.error);
  }
  writer.EndObject();
}

}  // namespace

net::Response JsonResponse(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.Add("content-type", "application/json");
  response.body = std::move(body);
  return response;
}

net::Response ErrorResponse(int status, std::string_view message, std::string_view code) {
  return JsonResponse(status, ErrorBody(message, code));
}

net::Response ErrorResponse(const Error& error) {
  switch (error.fault) {
    case Fault::kValidation:
      return ErrorResponse(400, error.message, "invalid_request_error");
    case Fault::kQuota:
      return ErrorResponse(400, error.message, "context_length_exceeded");
    case Fault::kUnavailable:
    case Fault::kThrottling:
      return ErrorResponse(503, error.message, "overloaded");
    case Fault::kNotFound:
      return ErrorResponse(404, error.message, "not_found");
    case Fault::kModelNotReady:
      return ErrorResponse(503, error.message, "loading");
    default:
      return ErrorResponse(500, error.message, "server_error");
  }
}

net::Task<void> EngineHandler::Handle(net::Request& request, net::Responder& responder) {
  EngineService* service = service_.load(std::memory_order_acquire);
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  const bool get = request.method == "GET" || request.method == "HEAD";
  const bool post = request.method == "POST";
  Result<void> done;
  const bool is_get_path = path == "/health" || path == "/v1/models" || path == "/metrics";
  const bool is_post_path = path == "/v1/chat/completions" || path == "/v1/completions" ||
                            path == "/v1/embeddings" || path == "/v1/rerank" ||
                            path == "/v1/tokenize";
  if (!is_get_path && !is_post_path) {
    done = co_await responder.Send(
        ErrorResponse(404, fmt::format("there is nothing at {}", path), "not_found"));
  } else if (!(is_get_path ? get : post)) {
    net::Response response = ErrorResponse(
        405, fmt::format("{} takes {}, not {}", path, is_get_path ? "GET" : "POST", request.method),
        "method_not_allowed");
    response.headers.Add("allow", is_get_path ? "GET, HEAD" : "POST");
    done = co_await responder.Send(std::move(response));
  } else if (path == "/health") {
    done = co_await Health(responder);
  } else if (service == nullptr) {
    done = co_await responder.Send(ErrorResponse(503, "the model is loading", "loading"));
  } else if (path == "/v1/models") {
    done = co_await Models(*service, responder);
  } else if (path == "/metrics") {
    done = co_await Metrics(*service, responder);
  } else if (path == "/v1/tokenize") {
    done = co_await Tokenize(*service, request, responder);
  } else if (path == "/v1/embeddings") {
    done = co_await Embed(*service, request, responder);
  } else if (path == "/v1/rerank") {
    done = co_await Rank(*service, request, responder);
  } else {
    done = co_await Complete(
        *service, path == "/v1/completions" ? CompletionKind::kText : CompletionKind::kChat,
        request, responder);
  }
  // A failed write means that the client left: there is nobody to tell.
}

EngineHandler::Answer EngineHandler::Health(net::Responder& responder) {
  if (service_.load(std::memory_order_acquire) != nullptr) {
    co_return co_await responder.Send(JsonResponse(200, R"({"status":"ok"})"));
  }
  co_return co_await responder.Send(
      JsonResponse(503, fmt::format(R"({{"status":"loading","loaded_bytes":{},"total_bytes":{}}})",
                                    progress_.loaded_bytes.load(), progress_.total_bytes.load())));
}

EngineHandler::Answer EngineHandler::Models(EngineService& service, net::Responder& responder) {
  const ModelInfo& info = service.model().info();
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("object");
  writer.String("list");
  writer.Key("data");
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("id");
  writer.String(service.model_id());
  writer.Key("object");
  writer.String("model");
  writer.Key("owned_by");
  writer.String("bedplate");
  writer.Key("meta");
  writer.BeginObject();
  writer.Key("context_length");
  writer.Unsigned(service.context_length());
  writer.Key("embedding_length");
  writer.Unsigned(info.embedding_length);
  writer.Key("vocabulary_size");
  writer.Unsigned(info.vocabulary_size);
  writer.Key("architecture");
  writer.String(info.architecture);
  writer.Key("parameters");
  writer.Unsigned(info.parameters);
  writer.Key("size_bytes");
  writer.Unsigned(info.size_bytes);
  writer.Key("has_chat_template");
  writer.Boolean(!info.chat_template.empty());
  writer.Key("embeddings");
  writer.Boolean(service.embeddings() != nullptr);
  writer.Key("images");
  writer.Boolean(service.images() != nullptr);
  writer.Key("rerank");
  writer.Boolean(service.ranking() != nullptr);
  writer.EndObject();
  writer.EndObject();
  for (const ModelAdapter& adapter : service.model().adapters()) {
    WriteAdapter(adapter, service.model_id(), writer);
  }
  writer.EndArray();
  writer.EndObject();
  co_return co_await responder.Send(JsonResponse(200, std::move(body)));
}

EngineHandler::Answer EngineHandler::Metrics(EngineService& service, net::Responder& responder) {
  net::Response response;
  response.headers.Add("content-type", "text/plain; version=0.0.4");
  response.body = MetricsPage(service.counters(), service.prefixes(), service.threads_now());
  co_return co_await responder.Send(std::move(response));
}

EngineHandler::Answer EngineHandler::Tokenize(EngineService& service, net::Request& request,
                                              net::Responder& responder) {
  auto body = co_await net::ReadAll(*request.body, kBodyBytesMax);
  if (!body) co_return co_await responder.Send(ErrorResponse(body.error()));
  const auto answer = co_await pool_.Run([&]() -> Result<std::string> {
    auto parsed = ParseTokenizeRequest(*body);
    if (!parsed) return std::unexpected(parsed.error());
    if (auto known = service.AdapterNamed(parsed->model); !known) {
      return std::unexpected(std::move(known.error()));
    }
    const auto prompt =
        service.prompts().Make(parsed->prompt, parsed->form, service.context_length());
    if (!prompt) return std::unexpected(prompt.error());
    std::string out;
    json::Writer writer(out);
    writer.BeginObject();
    writer.Key("count");
    writer.Unsigned(prompt->tokens.size());
    if (parsed->with_tokens) {
      writer.Key("tokens");
      writer.BeginArray();
      for (const TokenId token : prompt->tokens) writer.Integer(token);
      writer.EndArray();
    }
    writer.EndObject();
    return out;
  });
  if (!answer) co_return co_await responder.Send(ErrorResponse(answer.error()));
  co_return co_await responder.Send(JsonResponse(200, *answer));
}

}  // namespace bedplate::engine
