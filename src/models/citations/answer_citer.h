// Citations of answers whose model can't cite by itself: what stands word for word in a source is
// cut out of the text as a block of its own and cited.
//
// White space between two quotes belongs to the first, as a text of nothing else could not be sent
// back. Threads: one answer, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/chat.h"
#include "models/citations/quote_finder.h"
#include "models/citations/source_index.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {

class AnswerCiter {
 public:
  explicit AnswerCiter(std::shared_ptr<const SourceIndex> index) : finder_(std::move(index)) {}

  // Appends what `chunk` becomes; its text may come with a later one.
  void Take(ChatChunk&& chunk, std::vector<ChatChunk>& chunks);

 private:
  enum class Block : uint8_t { kNone, kText, kQuote };

  void EndText(std::vector<ChatChunk>& chunks);
  void Put(std::vector<ChatChunk>& chunks);
  void PutText(std::string&& text, std::vector<ChatChunk>& chunks);
  void PutQuote(std::string&& text, std::vector<ChatChunk>& chunks);
  void PutCitation(std::vector<ChatChunk>& chunks);

  QuoteFinder finder_;
  std::vector<QuotePiece> pieces_;
  Block block_ = Block::kNone;
  std::string blank_;                     // white space that a block may begin with
  std::optional<ChatCitation> citation_;  // of the last quote, not told yet
};

// Sets what the text of a whole answer cites.
void CiteAnswer(std::shared_ptr<const SourceIndex> index, ChatAnswer& answer);

// A piece of an answer's text: cited, or (null) not.
struct CitedPiece {
  std::string_view text{};
  const std::vector<ChatCitation>* citations = nullptr;
};
// None is white space alone, but that of an answer which is nothing else.
std::vector<CitedPiece> CutAtCitations(std::string_view text,
                                       const std::vector<ChatCitedSpan>& spans);

}  // namespace bedplate::models
