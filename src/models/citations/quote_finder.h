// Finds in an answer, as it comes, what stands word for word in the sources.
//
// A quote is the longest run of words from where it begins that stands in a source, and has at
// least kSureWords words; or kLeastWords where it stands at one place alone and either has a number
// in it or is a whole sentence (docs/adr/citations.md has the figures). Marks at its end are left
// out but for one that ends a sentence. The first of several places is cited.
//
// Text that may be the beginning of a quote waits: for five words as a rule, for kWaitWordsMax at
// most; marks in a quote, for the word behind them. Time is in proportion to the answer: each word
// is compared with at most SourceIndex::kPlacesMax places, and again for each of the words that
// wait; marks and space in a row are looked at once.
//
// Threads: one answer, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/citations/citation.h"
#include "models/citations/source_index.h"
#include "models/citations/words.h"

namespace bedplate::models {

struct QuotePiece {
  enum class Kind : uint8_t {
    kText,      // of no quote
    kQuote,     // more of a quote
    kCitation,  // of the quote before, which ends
  };
  Kind kind = Kind::kText;
  std::string text{};
  ChatCitation citation{};
};

class QuoteFinder {
 public:
  static constexpr size_t kSureWords = 8;
  static constexpr size_t kLeastWords = 5;
  static constexpr size_t kWaitWordsMax = 40;  // marks among them

  explicit QuoteFinder(std::shared_ptr<const SourceIndex> index) : index_(std::move(index)) {}

  // Appends what is certain now that the answer goes on with `text`, whole characters.
  void Add(std::string_view text, std::vector<QuotePiece>& pieces);
  // The text ends; another one may begin.
  void Finish(std::vector<QuotePiece>& pieces);

 private:
  void Read(bool complete);
  void Work(bool complete, std::vector<QuotePiece>& pieces);
  bool Begin(bool complete, std::vector<QuotePiece>& pieces);
  bool Extend(bool complete, std::vector<QuotePiece>& pieces);
  void End(std::vector<QuotePiece>& pieces);
  void Drop(size_t words, std::vector<QuotePiece>& pieces);
  size_t Trimmed() const;
  bool IsQuote(size_t words);
  void Say(QuotePiece::Kind kind, size_t to, std::vector<QuotePiece>& pieces);

  std::shared_ptr<const SourceIndex> index_;
  std::string text_;         // what was not said yet, and before it what `words_` stand in
  size_t said_ = 0;          // of text_
  size_t read_ = 0;          // likewise: to behind the last of words_ and the space after it
  bool spaced_ = false;      // whether there is such space
  std::vector<Word> words_;  // from where a quote may begin
  size_t first_ = 0;         // of words_: those before it are done with
  // The quote that may be, from first_ on; none where matched_ is 0.
  size_t matched_ = 0;             // words of it
  size_t unmarked_ = 0;            // of these, without the marks that only follow
  size_t half_words_ = 0;          // what they count for: letters two, a glyph one
  std::vector<WordPlace> places_;  // where it stands, beginning there
  std::vector<WordPlace> scratch_;
};

}  // namespace bedplate::models
