// The words of all sources that an answer may cite, and where any five of them in a row stand.
//
// Building takes time and memory in proportion to the words (16 to 20 bytes each), whatever they
// are: repetitions only make a list of places longer, of which few are looked at.
//
// Threads: immutable after it was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/citations/citation.h"
#include "models/citations/words.h"

namespace bedplate::models {

// A place in the sources: the number of a word among all.
using WordPlace = uint32_t;

class SourceIndex {
 public:
  static constexpr size_t kGramWords = 5;
  // Of one request: 80 MB at most, and more words than a model reads.
  static constexpr size_t kWordsMax = 4'000'000;
  // Of the places where the same five words stand, so many are compared, the first ones.
  static constexpr size_t kPlacesMax = 64;
  // Bytes of space within a quote, in one place: a citation has the source's.
  static constexpr size_t kSpaceBytesMax = 256;
  // Of the marks around a sentence, so many belong to it on either side.
  static constexpr size_t kSentenceMarksMax = 16;

  // All documents of the request and all search results that can be cited, in the request's order;
  // together they have at most kWordsMax words.
  explicit SourceIndex(std::vector<ChatSource> sources, size_t places_max = kPlacesMax);

  // Its texts are looked at where they lie.
  SourceIndex(const SourceIndex&) = delete;
  SourceIndex& operator=(const SourceIndex&) = delete;

  size_t places_max() const { return places_max_; }

  // Replaces `places` by those where the words of `gram`, kGramWords of `text`, stand.
  void Find(std::string_view text, std::span<const Word> gram,
            std::vector<WordPlace>& places) const;
  // Whether `word` of `text` is the one at `place`, and goes on with a quote; the first of a quote
  // may follow anything.
  bool IsAt(std::string_view text, const Word& word, WordPlace place, bool first) const;

  // Whether the words from `first` to `last` are a whole sentence, line or list item; never where
  // more than kSentenceMarksMax marks stand before it or close it.
  bool IsSentence(WordPlace first, WordPlace last) const;
  // The citation of the words from `first` to `last`, which stand in one text.
  ChatCitation Cite(WordPlace first, WordPlace last) const;

 private:
  struct Text {
    std::string_view text;
    uint32_t source;
    uint32_t part;                    // which text of its source
    WordPlace first;                  // its words: from here
    WordPlace last;                   // to before here, where a gap stands that equals nothing
    uint32_t marks;                   // of characters_: its own begin here
    std::vector<uint32_t> page_ends;  // bytes before them; of kPages
  };
  struct Entry {
    uint32_t key;              // the hash, and whether space comes before
    uint32_t line_before : 1;  // a line ends before it
    uint32_t apart : 1;        // more than kSpaceBytesMax of space come before it
    uint32_t begin : 30;       // in its text, which is of one request
  };

  void AddText(std::string_view text, uint32_t source, uint32_t part);
  void LinkGrams();
  const Text& TextOf(WordPlace place) const;
  Word WordAt(const Text& text, WordPlace place) const;
  std::string_view Letters(const Text& text, WordPlace place) const;
  bool BeginsSentence(const Text& text, WordPlace place) const;
  bool FinishesSentence(const Text& text, WordPlace place) const;
  int64_t CharactersBefore(const Text& text, size_t byte) const;
  static int64_t PageOf(const Text& text, size_t byte);

  std::vector<ChatSource> sources_;
  size_t places_max_;
  std::vector<int64_t> indices_;  // of each source, as citations count
  std::vector<Text> texts_;
  std::vector<Entry> words_;
  std::vector<WordPlace> heads_;      // by the hash of five words: one more than the first place
  std::vector<WordPlace> next_;       // one more than the next place of the same hash
  std::vector<uint32_t> characters_;  // before every 4,096th byte of a text
};

}  // namespace bedplate::models
