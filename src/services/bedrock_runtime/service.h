// bedrock-runtime: from wire types to the domain and back, one file for each operation.
//
// Threads: as gen::bedrock_runtime::Handler.
#pragma once

#include "bedrock_runtime/handler.h"
#include "models/directory.h"
#include "runtime/converse.h"
#include "runtime/invoke.h"
#include "services/metering.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

class BedrockRuntime final : public gen::Handler {
 public:
  // All outlive this.
  BedrockRuntime(const models::ModelDirectory& directory, runtime::Converser& converser,
                 runtime::Invoker& invoker, runtime::UsageLedger& ledger)
      : directory_(directory),
        converser_(converser),
        invoker_(invoker),
        meter_{.directory = directory, .ledger = ledger} {}

  net::Task<Result<gen::ConverseResponse>> Converse(const wire::Call& call,
                                                    gen::ConverseRequest input) override;
  net::Task<Result<void>> ConverseStream(const wire::Call& call, gen::ConverseStreamRequest input,
                                         gen::ConverseStreamSink& sink) override;
  net::Task<Result<gen::CountTokensResponse>> CountTokens(const wire::Call& call,
                                                          gen::CountTokensRequest input) override;
  net::Task<Result<gen::InvokeModelResponse>> InvokeModel(const wire::Call& call,
                                                          gen::InvokeModelRequest input) override;
  net::Task<Result<void>> InvokeModelWithBidirectionalStream(
      const wire::Call& call, gen::InvokeModelWithBidirectionalStreamRequest input,
      gen::InvokeModelWithBidirectionalStreamSource& source,
      gen::InvokeModelWithBidirectionalStreamSink& sink) override;
  net::Task<Result<void>> InvokeModelWithResponseStream(
      const wire::Call& call, gen::InvokeModelWithResponseStreamRequest input,
      gen::InvokeModelWithResponseStreamSink& sink) override;

 private:
  struct Talk;
  net::Task<Result<void>> AnswerOnce(Talk& talk);

  const models::ModelDirectory& directory_;
  runtime::Converser& converser_;
  runtime::Invoker& invoker_;
  const Meter meter_;
};

}  // namespace bedplate::services::bedrock_runtime
