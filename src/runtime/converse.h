// One inference in Bedrock's terms: conversation in, tokens out.
//
// Errors: kValidation (the conversation, or what the model says of it), kModelNotReady,
// kModelTimeout, kModelError, kThrottling, kUnavailable; after a stream began kModelStreamError.
// Threads: any reactor. Cancelling or dropping frees the model's slot at once.
// spec: bedrock-runtime#Converse, bedrock-runtime#ConverseStream, bedrock-runtime#CountTokens
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "models/directory.h"
#include "models/model_client.h"
#include "net/blocking_pool.h"
#include "net/task.h"
#include "runtime/answer_stream.h"
#include "runtime/conversation.h"
#include "runtime/document_program.h"
#include "runtime/image_program.h"
#include "runtime/prompt.h"

namespace bedplate::runtime {

class Converser {
 public:
  // All outlive this.
  Converser(models::ModelClient& client, net::BlockingPool& pool, DocumentProgram documents,
            const Clock& clock, ImageProgram images = {})
      : client_(client),
        pool_(pool),
        documents_(std::move(documents)),
        images_(std::move(images)),
        clock_(clock) {}

  net::Task<Result<Answer>> Converse(models::ModelPtr model, Conversation conversation);
  // Succeeds when the model has begun to answer.
  net::Task<Result<AnswerStream>> ConverseStream(models::ModelPtr model, Conversation conversation);
  // The input tokens that Converse of the same conversation would report.
  net::Task<Result<int64_t>> CountTokens(models::ModelPtr model, Conversation conversation);

 private:
  // `held` is what the request's images take as pixels.
  net::Task<Result<Prompt>> Prepare(const models::Model& model, Conversation conversation,
                                    ByteBudget::Share& held);
  net::Task<Result<Prompt>> Build(Conversation conversation, bool takes_sources);

  models::ModelClient& client_;
  net::BlockingPool& pool_;
  const DocumentProgram documents_;
  const ImageProgram images_;
  // Documents that take a parser take long, and so do images: they hold up their like, and nothing
  // else.
  net::BlockingPool document_pool_{2, 64};
  net::BlockingPool image_pool_{2, 64};
  const Clock& clock_;
};

}  // namespace bedplate::runtime
