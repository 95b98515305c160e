// One inference in Bedrock's terms: conversation in, tokens out.
//
// Errors: kValidation (the conversation, or what the model says of it), kModelNotReady,
// kModelTimeout, kModelError, kThrottling, kUnavailable; after a stream began kModelStreamError.
// Threads: any reactor. Cancelling or dropping frees the model's slot at once.
// spec: bedrock-runtime#Converse, bedrock-runtime#ConverseStream, bedrock-runtime#CountTokens
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/directory.h"
#include "models/model_client.h"
#include "models/protocol/chat_response.h"
#include "net/blocking_pool.h"
#include "net/task.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// An answer as it is made.
class AnswerStream {
 public:
  AnswerStream(models::EventSource events, const Clock& clock, MonotonicTime started,
               std::optional<int> tokens_max, std::vector<std::string> response_field_paths);

  // The next piece of text, never empty, valid until the next call; nothing when the answer is
  // complete.
  using Piece = Result<std::optional<std::string_view>>;
  net::Task<Piece> Next();
  // The same of what the model has sent already; nothing when Next must wait.
  std::optional<Piece> TryNext();
  // Valid when Next gave nothing.
  const Outcome& outcome() const { return outcome_; }
  // After the end; see models::EventSource.
  net::Task<void> Finish() { return events_.Finish(); }

 private:
  std::optional<Piece> Take(models::EventSource::Data data);
  Result<void> Complete();

  models::EventSource events_;
  const Clock* clock_;
  MonotonicTime started_;
  std::optional<int> tokens_max_;
  std::vector<std::string> response_field_paths_;
  models::ChatChunkReader chunk_reader_;
  models::ChatChunk chunk_;
  std::optional<models::ChatFinish> finish_;
  std::optional<models::ChatUsage> usage_;
  std::vector<std::string> kept_;  // chunks that response fields are taken from
  Outcome outcome_;
};

class Converser {
 public:
  // All outlive this.
  Converser(models::ModelClient& client, net::BlockingPool& pool, const Clock& clock)
      : client_(client), pool_(pool), clock_(clock) {}

  net::Task<Result<Answer>> Converse(models::ModelPtr model, Conversation conversation);
  // Succeeds when the model has begun to answer.
  net::Task<Result<AnswerStream>> ConverseStream(models::ModelPtr model, Conversation conversation);
  // The input tokens that Converse of the same conversation would report.
  net::Task<Result<int64_t>> CountTokens(models::ModelPtr model, Conversation conversation);

 private:
  net::Task<Result<models::ChatRequest>> Prepare(const models::Model& model,
                                                 Conversation conversation);

  models::ModelClient& client_;
  net::BlockingPool& pool_;
  const Clock& clock_;
};

}  // namespace bedplate::runtime
