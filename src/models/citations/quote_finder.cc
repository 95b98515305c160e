#include "models/citations/quote_finder.h"

#include <algorithm>
#include <span>
#include <utility>

namespace bedplate::models {
namespace {

// In Chinese and Japanese two characters are a word, nearly.
size_t HalfWords(const Word& word) {
  switch (word.kind) {
    case Word::Kind::kLetters:
      return 2;
    case Word::Kind::kGlyph:
      return 1;
    case Word::Kind::kMark:
      break;
  }
  return 0;
}

size_t HalfWords(std::span<const Word> words) {
  size_t sum = 0;
  for (const Word& word : words) sum += HalfWords(word);
  return sum;
}

}  // namespace

void QuoteFinder::Add(std::string_view text, std::vector<QuotePiece>& pieces) {
  text_ += text;
  Work(false, pieces);
}

void QuoteFinder::Finish(std::vector<QuotePiece>& pieces) {
  Work(true, pieces);
  Say(QuotePiece::Kind::kText, text_.size(), pieces);
  text_.clear();
  words_.clear();
  said_ = read_ = first_ = 0;
  spaced_ = false;
}

void QuoteFinder::Read(bool complete) {
  Word word;
  while (ReadWord(text_, read_, complete, word)) {
    word.after_space |= std::exchange(spaced_, false);
    words_.push_back(word);
    read_ = word.end;
  }
  // Space that was seen is not looked at again, however often more of it comes.
  read_ = word.begin;
  spaced_ |= word.after_space;
}

void QuoteFinder::Work(bool complete, std::vector<QuotePiece>& pieces) {
  Read(complete);
  while (matched_ > 0 ? Extend(complete, pieces) : Begin(complete, pieces)) {
  }
  // What was said is needed no more, once it is much.
  const size_t done = first_ < words_.size() ? std::min(said_, words_[first_].begin) : said_;
  if (matched_ > 0 || done < 4'096) return;
  text_.erase(0, done);
  said_ -= done;
  read_ -= done;
  words_.erase(words_.begin(), words_.begin() + static_cast<ptrdiff_t>(first_));
  first_ = 0;
  for (Word& word : words_) {
    word.begin -= done;
    word.end -= done;
  }
}

// Whether a quote begins at the next word; false when more text must come first.
bool QuoteFinder::Begin(bool complete, std::vector<QuotePiece>& pieces) {
  constexpr size_t kGram = SourceIndex::kGramWords;
  if (first_ == words_.size()) return false;
  if (HalfWords(words_[first_]) == 0) {
    Drop(1, pieces);
    return true;
  }
  if (words_.size() - first_ < kGram) {
    if (complete) Drop(words_.size() - first_, pieces);
    return false;
  }
  const std::span gram = std::span(words_).subspan(first_, kGram);
  index_->Find(text_, gram, places_);
  if (places_.empty()) {
    Drop(1, pieces);
  } else {
    matched_ = unmarked_ = kGram;
    while (HalfWords(gram[unmarked_ - 1]) == 0) --unmarked_;  // the first is no mark
    half_words_ = HalfWords(gram);
  }
  return true;
}

// Goes on with the quote by a word; false when more text must come first.
bool QuoteFinder::Extend(bool complete, std::vector<QuotePiece>& pieces) {
  const bool sure = half_words_ >= 2 * kSureWords;
  if (sure) Say(QuotePiece::Kind::kQuote, words_[first_ + Trimmed() - 1].end, pieces);
  if (first_ + matched_ == words_.size()) {
    if (complete) End(pieces);
    return complete;
  }
  if (!sure && matched_ == kWaitWordsMax) {
    End(pieces);
    return true;
  }
  const Word& word = words_[first_ + matched_];
  scratch_.clear();
  for (const WordPlace place : places_) {
    if (index_->IsAt(text_, word, place + static_cast<WordPlace>(matched_), false)) {
      scratch_.push_back(place);
    }
  }
  if (scratch_.empty()) {
    End(pieces);
    return true;
  }
  places_.swap(scratch_);
  ++matched_;
  if (HalfWords(word) > 0) unmarked_ = matched_;
  half_words_ += HalfWords(word);
  return true;
}

// The next word is another: what matched is a quote, or its first word begins none.
void QuoteFinder::End(std::vector<QuotePiece>& pieces) {
  const size_t words = Trimmed();
  if (half_words_ < 2 * kSureWords && !IsQuote(words)) {
    Drop(1, pieces);
    return;
  }
  Say(QuotePiece::Kind::kQuote, words_[first_ + words - 1].end, pieces);
  const WordPlace place = places_.front();
  pieces.push_back({.kind = QuotePiece::Kind::kCitation,
                    .citation = index_->Cite(place, place + static_cast<WordPlace>(words) - 1)});
  first_ += words;
  matched_ = unmarked_ = half_words_ = 0;
}

// The first words begin no quote.
void QuoteFinder::Drop(size_t words, std::vector<QuotePiece>& pieces) {
  Say(QuotePiece::Kind::kText, words_[first_ + words - 1].end, pieces);
  first_ += words;
  matched_ = unmarked_ = half_words_ = 0;
}

// The words of the match without marks that only follow it, but for one that ends a sentence.
size_t QuoteFinder::Trimmed() const {
  if (unmarked_ == matched_) return unmarked_;
  const Word& mark = words_[first_ + unmarked_];
  const bool ends = !mark.after_space &&
                    EndsSentence(std::string_view(text_).substr(mark.begin, mark.end - mark.begin));
  return unmarked_ + (ends ? 1 : 0);
}

// Whether so few words are one all the same.
bool QuoteFinder::IsQuote(size_t words) {
  const std::span<const Word> match = std::span(words_).subspan(first_, words);
  if (words < SourceIndex::kGramWords || HalfWords(match) < 2 * kLeastWords) return false;
  const bool number = std::ranges::any_of(match, &Word::has_digit);
  const WordPlace place = places_.front();
  if (!number && !index_->IsSentence(place, place + static_cast<WordPlace>(words) - 1)) {
    return false;
  }
  index_->Find(text_, match, scratch_);
  if (scratch_.size() >= index_->places_max()) return false;
  std::erase_if(scratch_, [&](WordPlace other) {
    for (size_t i = SourceIndex::kGramWords; i < words; ++i) {
      if (!index_->IsAt(text_, match[i], other + static_cast<WordPlace>(i), false)) return true;
    }
    return false;
  });
  return scratch_.size() == 1;
}

void QuoteFinder::Say(QuotePiece::Kind kind, size_t to, std::vector<QuotePiece>& pieces) {
  if (to <= said_) return;
  // The space before a quote is none of it.
  if (kind == QuotePiece::Kind::kQuote && said_ < words_[first_].begin) {
    Say(QuotePiece::Kind::kText, words_[first_].begin, pieces);
  }
  std::string text = text_.substr(said_, to - said_);
  said_ = to;
  if (!pieces.empty() && pieces.back().kind == kind) {
    pieces.back().text += text;
  } else {
    pieces.push_back({.kind = kind, .text = std::move(text)});
  }
}

}  // namespace bedplate::models
