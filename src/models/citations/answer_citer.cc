#include "models/citations/answer_citer.h"

#include <algorithm>
#include <utility>

namespace bedplate::models {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

size_t BlanksBefore(std::string_view text) {
  return std::min(text.find_first_not_of(kBlanks), text.size());
}

bool IsBlankText(std::string_view text) { return BlanksBefore(text) == text.size(); }

}  // namespace

// What a chunk thinks comes before its text, calls and the end behind it.
void AnswerCiter::Take(ChatChunk&& chunk, std::vector<ChatChunk>& chunks) {
  std::string text = std::exchange(chunk.text, {});
  const bool thinks =
      !chunk.reasoning.empty() || !chunk.signature.empty() || !chunk.redacted.empty();
  if (thinks) {
    EndText(chunks);
    chunks.push_back({.reasoning = std::exchange(chunk.reasoning, {}),
                      .signature = std::exchange(chunk.signature, {}),
                      .redacted = std::exchange(chunk.redacted, {})});
  }
  if (!text.empty()) {
    finder_.Add(text, pieces_);
    Put(chunks);
  }
  if (!chunk.tool_calls.empty() || chunk.finish) EndText(chunks);
  chunks.push_back(std::move(chunk));
}

void AnswerCiter::EndText(std::vector<ChatChunk>& chunks) {
  finder_.Finish(pieces_);
  Put(chunks);
  if (!blank_.empty()) chunks.push_back({.text = std::exchange(blank_, {})});
  PutCitation(chunks);
  block_ = Block::kNone;
}

void AnswerCiter::Put(std::vector<ChatChunk>& chunks) {
  for (QuotePiece& piece : pieces_) {
    switch (piece.kind) {
      case QuotePiece::Kind::kText:
        PutText(std::move(piece.text), chunks);
        break;
      case QuotePiece::Kind::kQuote:
        PutQuote(std::move(piece.text), chunks);
        break;
      case QuotePiece::Kind::kCitation:
        citation_ = std::move(piece.citation);
        break;
    }
  }
  pieces_.clear();
}

void AnswerCiter::PutText(std::string&& text, std::vector<ChatChunk>& chunks) {
  if (citation_) {
    const size_t blanks = BlanksBefore(text);
    if (blanks > 0) chunks.push_back({.text = text.substr(0, blanks)});
    if (blanks == text.size()) return;
    text.erase(0, blanks);
    PutCitation(chunks);
    chunks.push_back({.begins_text = true, .text = std::move(text)});
  } else if (block_ == Block::kText) {
    chunks.push_back({.text = std::move(text)});
  } else {
    blank_ += text;
    if (IsBlankText(blank_)) return;
    chunks.push_back({.text = std::exchange(blank_, {})});
  }
  block_ = Block::kText;
}

void AnswerCiter::PutQuote(std::string&& text, std::vector<ChatChunk>& chunks) {
  const bool begins = citation_ || block_ == Block::kText;
  PutCitation(chunks);
  chunks.push_back({.begins_text = begins, .text = std::exchange(blank_, {}) + text});
  block_ = Block::kQuote;
}

void AnswerCiter::PutCitation(std::vector<ChatChunk>& chunks) {
  if (!citation_) return;
  chunks.emplace_back().citations.push_back(std::move(*citation_));
  citation_.reset();
}

void CiteAnswer(std::shared_ptr<const SourceIndex> index, ChatAnswer& answer) {
  AnswerCiter citer(std::move(index));
  std::vector<ChatChunk> chunks;
  citer.Take({.text = answer.text}, chunks);
  citer.Take({.finish = answer.finish}, chunks);
  size_t begin = 0;  // of the block
  size_t end = 0;
  for (ChatChunk& chunk : chunks) {
    if (chunk.begins_text) begin = end;
    end += chunk.text.size();
    if (chunk.citations.empty()) continue;
    answer.cited.push_back({.begin = begin, .end = end, .citations = std::move(chunk.citations)});
  }
}

std::vector<CitedPiece> CutAtCitations(std::string_view text,
                                       const std::vector<ChatCitedSpan>& spans) {
  std::vector<CitedPiece> pieces;
  size_t done = 0;
  for (const ChatCitedSpan& span : spans) {
    const std::string_view between = text.substr(done, span.begin - done);
    size_t begin = span.begin;
    if (IsBlankText(between)) {
      begin = done;  // it belongs to this one
    } else {
      pieces.push_back({.text = between});
    }
    pieces.push_back({.text = text.substr(begin, span.end - begin), .citations = &span.citations});
    done = span.end;
  }
  const std::string_view rest = text.substr(done);
  if (pieces.empty()) {
    if (!rest.empty()) pieces.push_back({.text = rest});
  } else if (IsBlankText(rest)) {
    // It belongs to the last one; both lie in `text`.
    const std::string_view last = pieces.back().text;
    pieces.back().text = {last.data(), last.size() + rest.size()};
  } else {
    pieces.push_back({.text = rest});
  }
  return pieces;
}

}  // namespace bedplate::models
