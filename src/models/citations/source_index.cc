#include "models/citations/source_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

namespace bedplate::models {
namespace {

constexpr size_t kStride = 4'096;  // bytes between counts of characters
// Of one look-up; further ones would be other words with the same hash, or the same once more.
constexpr size_t kVisitsMax = 512;
constexpr WordPlace kNone = 0;

uint32_t KeyOf(const Word& word) { return word.hash << 1 | (word.after_space ? 1U : 0U); }

// The first word may follow anything.
uint32_t HashGram(std::span<const uint32_t, SourceIndex::kGramWords> keys) {
  uint64_t hash = keys[0] | 1U;
  for (size_t i = 1; i < keys.size(); ++i) hash = (hash ^ keys[i]) * 0x9E3779B97F4A7C15ULL;
  return static_cast<uint32_t>(hash >> 32);
}

}  // namespace

SourceIndex::SourceIndex(std::vector<ChatSource> sources, size_t places_max)
    : sources_(std::move(sources)), places_max_(places_max) {
  int64_t documents = 0;
  int64_t results = 0;
  for (size_t i = 0; i < sources_.size(); ++i) {
    indices_.push_back(sources_[i].IsDocument() ? documents++ : results++);
    const std::vector<std::string>& content = sources_[i].content;
    for (size_t part = 0; part < content.size(); ++part) {
      AddText(content[part], static_cast<uint32_t>(i), static_cast<uint32_t>(part));
    }
  }
  LinkGrams();
}

void SourceIndex::AddText(std::string_view text, uint32_t source, uint32_t part) {
  Text& added = texts_.emplace_back(Text{.text = text,
                                         .source = source,
                                         .part = part,
                                         .first = static_cast<WordPlace>(words_.size()),
                                         .last = 0,
                                         .marks = static_cast<uint32_t>(characters_.size()),
                                         .page_ends = {}});
  if (sources_[source].kind == ChatSource::Kind::kPages) {
    for (size_t at = text.find('\f'); at != text.npos; at = text.find('\f', at + 1)) {
      added.page_ends.push_back(static_cast<uint32_t>(at));
    }
  }
  Word word;
  for (size_t at = 0; ReadWord(text, at, true, word); at = word.end) {
    // A form feed ends a page, and what stands on it.
    const bool line_before =
        at == 0 || text.substr(at, word.begin - at).find_first_of("\n\f") != text.npos;
    words_.push_back({.key = KeyOf(word),
                      .line_before = line_before ? 1U : 0U,
                      .apart = word.begin - at > kSpaceBytesMax ? 1U : 0U,
                      .begin = static_cast<uint32_t>(word.begin)});
  }
  added.last = static_cast<WordPlace>(words_.size());
  words_.push_back(
      {.key = 0, .line_before = 1, .apart = 0, .begin = static_cast<uint32_t>(text.size())});
  size_t characters = 0;
  for (size_t at = 0; at < text.size(); at += kStride) {
    characters_.push_back(static_cast<uint32_t>(characters));
    characters += CountCharacters(text.substr(at, kStride));
  }
}

void SourceIndex::LinkGrams() {
  heads_.assign(std::bit_ceil(std::max<size_t>(words_.size(), 2)), kNone);
  next_.assign(words_.size(), kNone);
  // From behind, so that the first places are found first.
  for (size_t t = texts_.size(); t-- > 0;) {
    const Text& text = texts_[t];
    if (text.last - text.first < kGramWords) continue;
    for (WordPlace place = text.last - kGramWords + 1; place-- > text.first;) {
      std::array<uint32_t, kGramWords> keys{};
      for (size_t i = 0; i < kGramWords; ++i) keys[i] = words_[place + i].key;
      WordPlace& head = heads_[HashGram(keys) & (heads_.size() - 1)];
      next_[place] = std::exchange(head, place + 1);
    }
  }
}

const SourceIndex::Text& SourceIndex::TextOf(WordPlace place) const {
  const auto behind = std::ranges::upper_bound(texts_, place, {}, &Text::first);
  return *std::prev(behind);
}

Word SourceIndex::WordAt(const Text& text, WordPlace place) const {
  Word word;
  ReadWord(text.text, words_[place].begin, true, word);
  return word;
}

std::string_view SourceIndex::Letters(const Text& text, WordPlace place) const {
  const Word word = WordAt(text, place);
  return text.text.substr(word.begin, word.end - word.begin);
}

bool SourceIndex::IsAt(std::string_view text, const Word& word, WordPlace place, bool first) const {
  const uint32_t key = KeyOf(word);
  const uint32_t other = words_[place].key;
  if (first ? key >> 1 != other >> 1 : key != other || words_[place].apart != 0) return false;
  const Text& source = TextOf(place);
  return place < source.last &&
         SameLetters(text.substr(word.begin, word.end - word.begin), Letters(source, place));
}

void SourceIndex::Find(std::string_view text, std::span<const Word> gram,
                       std::vector<WordPlace>& places) const {
  places.clear();
  std::array<uint32_t, kGramWords> keys{};
  std::ranges::transform(gram.first(kGramWords), keys.begin(), KeyOf);
  WordPlace place = heads_[HashGram(keys) & (heads_.size() - 1)];
  for (size_t visits = 0; place != kNone && visits < std::max(kVisitsMax, places_max_);
       place = next_[place - 1], ++visits) {
    bool same = true;
    for (size_t i = 0; same && i < kGramWords; ++i) {
      same = IsAt(text, gram[i], place - 1 + static_cast<WordPlace>(i), i == 0);
    }
    if (same) places.push_back(place - 1);
    if (places.size() == places_max_) return;
  }
}

// Marks before it (bullets, opening quotes) belong to it.
bool SourceIndex::BeginsSentence(const Text& text, WordPlace place) const {
  for (size_t marks = 0; marks <= kSentenceMarksMax; ++marks, --place) {
    if (words_[place].line_before) return true;
    const Word before = WordAt(text, place - 1);
    if (before.kind != Word::Kind::kMark) return false;
    if (EndsSentence(Letters(text, place - 1))) return true;
  }
  return false;
}

bool SourceIndex::FinishesSentence(const Text& text, WordPlace place) const {
  for (size_t marks = 0; marks <= kSentenceMarksMax; ++marks, ++place) {
    if (EndsSentence(Letters(text, place)) || words_[place + 1].line_before) return true;
    const std::string_view next = Letters(text, place + 1);
    if (!EndsSentence(next) && !Closes(next)) return false;
  }
  return false;
}

bool SourceIndex::IsSentence(WordPlace first, WordPlace last) const {
  const Text& text = TextOf(first);
  return BeginsSentence(text, first) && FinishesSentence(text, last);
}

int64_t SourceIndex::CharactersBefore(const Text& text, size_t byte) const {
  if (byte == 0) return 0;
  const size_t stride = (byte - 1) / kStride;
  const size_t counted = stride * kStride;
  return static_cast<int64_t>(characters_[text.marks + stride] +
                              CountCharacters(text.text.substr(counted, byte - counted)));
}

int64_t SourceIndex::PageOf(const Text& text, size_t byte) {
  const auto end = std::ranges::lower_bound(text.page_ends, byte);
  return end - text.page_ends.begin() + 1;
}

ChatCitation SourceIndex::Cite(WordPlace first, WordPlace last) const {
  const Text& text = TextOf(first);
  const ChatSource& source = sources_[text.source];
  const size_t begin = words_[first].begin;
  const size_t end = WordAt(text, last).end;
  ChatCitation citation{.index = indices_[text.source],
                        .title = source.title,
                        .source = source.source,
                        .cited_text = std::string(text.text.substr(begin, end - begin))};
  switch (source.kind) {
    case ChatSource::Kind::kText:
    case ChatSource::Kind::kPdf:
      citation.kind = ChatCitation::Kind::kCharacters;
      citation.start = CharactersBefore(text, begin);
      citation.end = CharactersBefore(text, end);
      break;
    case ChatSource::Kind::kPages:
      citation.kind = ChatCitation::Kind::kPages;
      citation.start = PageOf(text, begin);
      citation.end = PageOf(text, end) + 1;
      break;
    case ChatSource::Kind::kChunks:
    case ChatSource::Kind::kSearchResult:
      citation.kind =
          source.IsDocument() ? ChatCitation::Kind::kChunks : ChatCitation::Kind::kSearchResult;
      citation.start = text.part;
      citation.end = text.part + 1;
      break;
  }
  return citation;
}

}  // namespace bedplate::models
