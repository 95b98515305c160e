#include "runtime/answer_stream.h"

#include <string_view>
#include <utility>

#include "models/cache_points.h"
#include "runtime/outcome.h"
#include "runtime/response_fields.h"

namespace bedplate::runtime {

AnswerStream::AnswerStream(models::EventSource events, const Clock& clock, MonotonicTime started,
                           AnswerTerms terms, std::unique_ptr<models::AnswerCiter> citer)
    : events_(std::move(events)),
      clock_(&clock),
      started_(started),
      terms_(std::move(terms)),
      citer_(std::move(citer)) {}

net::Task<AnswerStream::Piece> AnswerStream::Next() {
  for (;;) {
    if (auto piece = TryNext()) co_return std::move(*piece);
    if (auto piece = Take(co_await events_.Next())) co_return std::move(*piece);
  }
}

std::optional<AnswerStream::Piece> AnswerStream::TryNext() {
  if (auto piece = TakePending()) return piece;
  for (;;) {
    auto data = events_.TryNext();
    if (!data) return std::nullopt;
    if (auto piece = Take(std::move(*data))) return piece;
  }
}

std::optional<AnswerStream::Piece> AnswerStream::TakePending() {
  if (next_piece_ == pieces_.size()) return std::nullopt;
  return Piece(pieces_[next_piece_++]);
}

// What one event of the model's makes of the answer: a piece, its end, or (nothing) neither.
std::optional<AnswerStream::Piece> AnswerStream::Take(models::EventSource::Data data) {
  if (!data) {
    // The stream of Converse has no time-out of its own. spec: bedrock-runtime#ConverseStreamOutput
    data.error().fault = Fault::kModelStreamError;
    return std::unexpected(std::move(data.error()));
  }
  if (!*data) {
    if (auto complete = Complete(); !complete) return std::unexpected(complete.error());
    return Piece(std::nullopt);
  }
  if (auto read = chunk_reader_.Read(**data, chunk_); !read) {
    read.error().fault = Fault::kModelStreamError;
    return std::unexpected(std::move(read.error()));
  }
  if (chunk_.error) {
    return Fail(Fault::kModelStreamError,
                "The model returned the following errors: " + *chunk_.error);
  }
  if (!chunk_.service_tier.empty()) outcome_.service_tier = chunk_.service_tier;
  if (!terms_.tools && !citer_ && chunk_.BringsTextAlone()) {
    in_text_ = true;
    return Piece(AnswerPiece{.kind = AnswerPiece::Kind::kText, .text = chunk_.text});
  }
  if (!terms_.response_field_paths.empty() && (chunk_.finish || chunk_.usage)) {
    kept_.emplace_back(**data);
  }
  pieces_.clear();
  first_texts_.clear();
  next_piece_ = 0;
  if (!citer_) {
    if (auto ok = TakeChunk(chunk_); !ok) return std::unexpected(std::move(ok.error()));
    return TakePending();
  }
  cited_chunks_.clear();
  citer_->Take(std::move(chunk_), cited_chunks_);
  for (const models::ChatChunk& chunk : cited_chunks_) {
    if (auto ok = TakeChunk(chunk); !ok) return std::unexpected(std::move(ok.error()));
  }
  return TakePending();
}

Result<void> AnswerStream::TakeChunk(const models::ChatChunk& chunk) {
  using enum AnswerPiece::Kind;
  if (!chunk.reasoning.empty()) {
    pieces_.push_back({.kind = kReasoning, .text = chunk.reasoning});
    in_text_ = false;
  }
  if (!chunk.signature.empty()) {
    pieces_.push_back({.kind = kReasoningSignature, .text = chunk.signature});
    in_text_ = false;
  }
  if (!chunk.redacted.empty()) {
    pieces_.push_back({.kind = kRedactedReasoning, .text = chunk.redacted});
    in_text_ = false;
  }
  if (chunk.begins_text && in_text_) pieces_.push_back({.kind = kTextEnd});
  if (!chunk.text.empty()) TakeText(chunk.text);
  for (const models::ChatCitation& citation : chunk.citations) {
    if (in_text_) pieces_.push_back({.kind = kCitation, .citation = &citation});
  }
  for (const models::ChatToolCallDelta& delta : chunk.tool_calls) {
    blank_.clear();
    in_text_ = false;
    if (auto ok = calls_.Take(delta, pieces_); !ok) return ok;
  }
  if (chunk.usage) usage_ = chunk.usage;
  if (chunk.usage && terms_.own_cache) models::CountOwnCache(*usage_);
  if (chunk.finish && !finish_) {
    finish_ = chunk.finish;
    calls_.Finish(pieces_);
    // Space after the last call is dropped as that before it.
    const bool any_call = calls_.any() || calls_.malformed();
    if (!blank_.empty() && !any_call) pieces_.push_back({.kind = kText, .text = blank_});
  }
  return {};
}

// Space before a call is no text: Converse would refuse it as a part of the next request. So where
// there may be calls, a text that begins with space waits for more.
void AnswerStream::TakeText(std::string_view text) {
  if (terms_.tools && !in_text_) {
    blank_ += text;
    if (IsBlank(text)) return;
    text = first_texts_.emplace_back(std::exchange(blank_, {}));
  }
  in_text_ = true;
  pieces_.push_back({.kind = AnswerPiece::Kind::kText, .text = text});
}

Result<void> AnswerStream::Complete() {
  if (!finish_ || !usage_) {
    return Fail(Fault::kModelStreamError,
                "The model's server ended the response early or without its usage. Retry your "
                "request.");
  }
  outcome_.stop_reason = ToStopReason({.finish = finish_->reason,
                                       .any_tool_use = calls_.any(),
                                       .malformed_tool_use = calls_.malformed()},
                                      *usage_, terms_.tokens_max, events_.facts());
  outcome_.usage = ToUsage(*usage_);
  outcome_.latency_ms = MillisecondsSince(started_, *clock_);
  if (!terms_.response_field_paths.empty()) {
    std::vector<std::string_view> answers(kept_.begin(), kept_.end());
    const std::string extra = StopSequenceField(*finish_);
    answers.push_back(extra);
    outcome_.additional_response_fields = SelectFields(terms_.response_field_paths, answers);
  }
  return {};
}

}  // namespace bedplate::runtime
