// anthropic-api: Anthropic's Messages API for every model.
//
// Threads: as gen::anthropic_api::Handler.
// spec: https://docs.anthropic.com/en/api/messages
#pragma once

#include "anthropic_api/handler.h"
#include "models/directory.h"
#include "runtime/invoke.h"
#include "services/metering.h"
#include "services/model_choice.h"

namespace bedplate::services::anthropic_api {

namespace gen = ::bedplate::gen::anthropic_api;

class AnthropicApi final : public gen::Handler {
 public:
  // All outlive this.
  AnthropicApi(const models::ModelDirectory& directory, runtime::Invoker& invoker,
               runtime::UsageLedger& ledger)
      : directory_(directory),
        invoker_(invoker),
        meter_{.directory = directory, .ledger = ledger} {}

  net::Task<Result<void>> CountMessageTokens(const wire::Call& call,
                                             wire::FacadeExchange& exchange) override;
  net::Task<Result<void>> CreateMessage(const wire::Call& call,
                                        wire::FacadeExchange& exchange) override;

 private:
  struct Asked {
    ModelChoice choice;
    runtime::NativeRequest request;
    bool stream = false;
  };
  // Reads what says who is asked; the format reads the rest of the body.
  Result<Asked> Read(const wire::Call& call, const wire::FacadeExchange& exchange) const;
  net::Task<Result<void>> Stream(const wire::Call& call, Asked asked,
                                 wire::FacadeExchange& exchange);

  const models::ModelDirectory& directory_;
  runtime::Invoker& invoker_;
  const Meter meter_;
};

}  // namespace bedplate::services::anthropic_api
