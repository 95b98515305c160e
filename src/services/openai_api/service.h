// openai-api: OpenAI's API for every model.
//
// Threads: as gen::openai_api::Handler.
// spec: https://platform.openai.com/docs/api-reference
#pragma once

#include "models/directory.h"
#include "openai_api/handler.h"
#include "runtime/invoke.h"
#include "runtime/stored_responses.h"
#include "services/metering.h"
#include "services/model_choice.h"

namespace bedplate::services::openai_api {

namespace gen = ::bedplate::gen::openai_api;

class OpenAiApi final : public gen::Handler {
 public:
  // All outlive this.
  OpenAiApi(const models::ModelDirectory& directory, runtime::Invoker& invoker,
            runtime::StoredResponses& responses, runtime::UsageLedger& ledger)
      : directory_(directory),
        invoker_(invoker),
        responses_(responses),
        meter_{.directory = directory, .ledger = ledger} {}

  net::Task<Result<void>> CreateChatCompletion(const wire::Call& call,
                                               wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> CreateCompletion(const wire::Call& call,
                                           wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> CreateEmbedding(const wire::Call& call,
                                          wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> CreateResponse(const wire::Call& call,
                                         wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> DeleteResponse(const wire::Call& call,
                                         wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> GetResponse(const wire::Call& call,
                                      wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> ListModels(const wire::Call& call,
                                     wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> RetrieveModel(const wire::Call& call,
                                        wire::FacadeExchange& exchange) override;

 private:
  class ResponseExchange;

  net::Task<Result<void>> Complete(const wire::Call& call, wire::FacadeExchange& exchange,
                                   const models::NativeFormat& format, models::Route route);
  net::Task<Result<void>> StreamChunks(const wire::Call& call, const ModelChoice& choice,
                                       runtime::NativeRequest request,
                                       wire::FacadeExchange& exchange);

  const models::ModelDirectory& directory_;
  runtime::Invoker& invoker_;
  runtime::StoredResponses& responses_;
  const Meter meter_;
};

}  // namespace bedplate::services::openai_api
