// AnswerStream: an answer as it is made, in pieces.
//
// Errors: kModelStreamError. Threads: one stream, one reactor. Dropping it frees the model's slot
// at once. spec: bedrock-runtime#ConverseStreamOutput
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/citations/answer_citer.h"
#include "models/model_client.h"
#include "models/protocol/chat_response.h"
#include "net/task.h"
#include "runtime/answer_piece.h"
#include "runtime/conversation.h"
#include "runtime/tool_calls.h"

namespace bedplate::runtime {

// What of a request its answer depends on.
struct AnswerTerms {
  std::optional<int> tokens_max{};
  std::vector<std::string> response_field_paths{};
  bool tools = false;      // the model may call some
  bool own_cache = false;  // its server keeps prompts by itself, in place of cache points
};

class AnswerStream {
 public:
  // `citer` finds citations where the model's server does not; null for none.
  AnswerStream(models::EventSource events, const Clock& clock, MonotonicTime started,
               AnswerTerms terms, std::unique_ptr<models::AnswerCiter> citer = nullptr);

  // The next piece, valid until the next call; nothing when the answer is complete.
  using Piece = Result<std::optional<AnswerPiece>>;
  net::Task<Piece> Next();
  // The same of what the model has sent already; nothing when Next must wait.
  std::optional<Piece> TryNext();
  // Valid when Next gave nothing.
  const Outcome& outcome() const { return outcome_; }
  // After the end; see models::EventSource.
  net::Task<void> Finish() { return events_.Finish(); }

 private:
  std::optional<Piece> Take(models::EventSource::Data data);
  std::optional<Piece> TakePending();
  Result<void> TakeChunk(const models::ChatChunk& chunk);
  void TakeText(std::string_view text);
  Result<void> Complete();

  models::EventSource events_;
  const Clock* clock_;
  MonotonicTime started_;
  AnswerTerms terms_;
  models::ChatChunkReader chunk_reader_;
  models::ChatChunk chunk_;
  std::unique_ptr<models::AnswerCiter> citer_;
  std::vector<models::ChatChunk> cited_chunks_;  // what citer_ made of chunk_
  std::vector<AnswerPiece> pieces_;              // of chunk_
  size_t next_piece_ = 0;
  ToolCallStream calls_;
  std::string blank_;     // text that may turn out to be nothing but space before a call
  bool in_text_ = false;  // the last piece was text
  // Texts that began with what was blank_, which pieces_ view: one chunk may bring several.
  std::deque<std::string> first_texts_;
  std::optional<models::ChatFinish> finish_;
  std::optional<models::ChatUsage> usage_;
  std::vector<std::string> kept_;  // chunks that response fields are taken from
  Outcome outcome_;
};

}  // namespace bedplate::runtime
