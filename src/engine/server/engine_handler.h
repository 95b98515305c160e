// EngineHandler: the engine's HTTP paths. See README.md in this folder for the protocol.
#pragma once

#include <atomic>
#include <string>

#include "engine/server/engine_service.h"
#include "net/blocking_pool.h"
#include "net/http.h"

namespace bedplate::engine {

// One reactor thread, but for SetService.
class EngineHandler final : public net::Handler {
 public:
  static constexpr size_t kBodyBytesMax = 64U << 20;

  // `pool` does what takes long: templates and tokenizing. It outlives the handler,
  // as `progress` does, which /health tells while the model is loaded.
  EngineHandler(net::BlockingPool& pool, const LoadProgress& progress)
      : pool_(pool), progress_(progress) {}

  // The model is there; until then every path but /metrics answers 503. Any thread.
  void SetService(EngineService* service) { service_.store(service, std::memory_order_release); }

  net::Task<void> Handle(net::Request& request, net::Responder& responder) override;

 private:
  using Answer = net::Task<Result<void>>;

  Answer Health(net::Responder& responder);
  Answer Models(EngineService& service, net::Responder& responder);
  Answer Metrics(EngineService& service, net::Responder& responder);
  Answer Tokenize(EngineService& service, net::Request& request, net::Responder& responder);
  Answer Complete(EngineService& service, CompletionKind kind, net::Request& request,
                  net::Responder& responder);
  Answer Embed(EngineService& service, net::Request& request, net::Responder& responder);
  Answer Rank(EngineService& service, net::Request& request, net::Responder& responder);

  net::BlockingPool& pool_;
  const LoadProgress& progress_;
  std::atomic<EngineService*> service_ = nullptr;
};

// Answers of the paths; shared by the files that implement them.
net::Response JsonResponse(int status, std::string body);
net::Response ErrorResponse(const Error& error);
net::Response ErrorResponse(int status, std::string_view message, std::string_view code);

}  // namespace bedplate::engine
