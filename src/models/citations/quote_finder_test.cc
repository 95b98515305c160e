#include "models/citations/quote_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bedplate::models {
namespace {

using testing::ElementsAre;

ChatSource Document(std::string text) {
  return {.title = "doc", .content = {std::move(text)}, .citations = true};
}

std::vector<ChatSource> Documents(const std::vector<std::string>& texts) {
  std::vector<ChatSource> sources;
  sources.reserve(texts.size());
  for (const std::string& text : texts) sources.push_back(Document(text));
  return sources;
}

// What an answer is cut into: "text" for what is none, "[quote]" for what a citation follows.
struct Found {
  std::vector<std::string> pieces{};
  std::vector<ChatCitation> citations{};
  bool in_quote = false;
  bool in_text = false;

  void Take(std::vector<QuotePiece>& taken) {
    for (QuotePiece& piece : taken) {
      if (piece.kind == QuotePiece::Kind::kCitation) {
        EXPECT_TRUE(in_quote) << "a citation of nothing";
        pieces.back() += ']';
        in_quote = in_text = false;
        citations.push_back(std::move(piece.citation));
      } else if (piece.kind == QuotePiece::Kind::kQuote) {
        if (!std::exchange(in_quote, true)) pieces.emplace_back("[");
        in_text = false;
        pieces.back() += piece.text;
      } else {
        EXPECT_FALSE(in_quote) << "a quote without its citation";
        if (!std::exchange(in_text, true)) pieces.emplace_back();
        pieces.back() += piece.text;
      }
    }
    taken.clear();
  }
};

using IndexPtr = std::shared_ptr<const SourceIndex>;

IndexPtr Index(std::vector<ChatSource> sources, size_t places_max = SourceIndex::kPlacesMax) {
  return std::make_shared<const SourceIndex>(std::move(sources), places_max);
}

Found Find(IndexPtr index, std::string_view answer, size_t step = std::string_view::npos) {
  QuoteFinder finder(std::move(index));
  Found found;
  std::vector<QuotePiece> pieces;
  while (!answer.empty()) {
    finder.Add(answer.substr(0, step), pieces);
    answer.remove_prefix(std::min(step, answer.size()));
    found.Take(pieces);
  }
  finder.Finish(pieces);
  found.Take(pieces);
  return found;
}

std::vector<std::string> Pieces(const std::vector<std::string>& documents,
                                std::string_view answer) {
  return Find(Index(Documents(documents)), answer).pieces;
}

constexpr const char* kTower =
    "The tower was finished in 1889. It is 330 metres tall and stands in Paris, on the left bank "
    "of the Seine. Painters repaint it every seven years. Few know.";

TEST(QuoteFinder, FindsEightWordsWhateverTheirCaseAndSpace) {
  EXPECT_THAT(
      Pieces({kTower}, "Well: IT IS 330 metres\n tall  and stands in paris, I think."),
      ElementsAre("Well: ", "[IT IS 330 metres\n tall  and stands in paris]", ", I think."));
  const std::string changed = "is 330 meters tall and stands in Rome, on the right bank";
  EXPECT_THAT(Pieces({kTower}, changed), ElementsAre(changed));
  // Every mark counts.
  const std::string without = "tall and stands in Paris on the left bank";
  EXPECT_THAT(Pieces({kTower}, without), ElementsAre(without));
}

TEST(QuoteFinder, TakesFiveWordsWithANumberOrOfAWholeSentence) {
  EXPECT_THAT(Pieces({kTower}, "Painters repaint it every seven years."),
              ElementsAre("[Painters repaint it every seven years.]"));
  const std::string part = "They say painters repaint it every seven months.";
  EXPECT_THAT(Pieces({kTower}, part), ElementsAre(part));
  EXPECT_THAT(Pieces({kTower}, "It was long; the tower was finished in 1889, they say."),
              ElementsAre("It was long; ", "[the tower was finished in 1889]", ", they say."));
  const std::string four = "was finished in 1889";
  EXPECT_THAT(Pieces({kTower}, four), ElementsAre(four));
}

TEST(QuoteFinder, TakesSoFewWordsOfOnePlaceAlone) {
  const std::string answer = "The price rose by 5% today.";
  EXPECT_THAT(Pieces({"The price rose by 5% today."}, answer), ElementsAre("[" + answer + "]"));
  EXPECT_THAT(Pieces({"The price rose by 5% today.", "- The price rose by 5% today.\n"}, answer),
              ElementsAre(answer));
}

TEST(QuoteFinder, KnowsLinesAndListItemsAsSentences) {
  const std::string list = "Colours\n- red for the old boats\n- \"blue for the new ones\"\nend";
  EXPECT_THAT(Pieces({list}, "Red for the old boats."),
              ElementsAre("[Red for the old boats]", "."));
  EXPECT_THAT(Pieces({list}, "So: blue for the new ones"),
              ElementsAre("So: ", "[blue for the new ones]"));
}

TEST(QuoteFinder, CitesTheFirstOfSeveralPlaces) {
  const std::string text = "one two three four five six seven eight";
  const Found found = Find(Index(Documents({"x. " + text + " nine", text})), text + " ten");
  EXPECT_THAT(found.pieces, ElementsAre("[" + text + "]", " ten"));
  ASSERT_EQ(found.citations.size(), 1);
  EXPECT_EQ(found.citations[0].index, 0);
  EXPECT_EQ(found.citations[0].start, 3);
  EXPECT_EQ(found.citations[0].cited_text, text);
}

TEST(QuoteFinder, NeverJoinsTwoTexts) {
  const std::string whole = "one two three four five six seven eight";
  EXPECT_THAT(Pieces({"one two three four", "five six seven eight"}, whole), ElementsAre(whole));
}

TEST(QuoteFinder, ReadsScriptsWithoutSpaces) {
  const std::string text = "富士山は日本で一番高い山です。高さは三千七百七十六メートルです。";
  EXPECT_THAT(Pieces({text}, "答え：富士山は日本で一番高い山です。"),
              ElementsAre("答え：", "[富士山は日本で一番高い山です。]"));
  EXPECT_THAT(Pieces({text}, "富士山は日本で"), ElementsAre("富士山は日本で"));
}

// How much of the answer so far is held back at most, over all its prefixes.
size_t HeldWordsMax(const IndexPtr& index, std::string_view answer) {
  QuoteFinder finder(index);
  std::vector<QuotePiece> pieces;
  size_t held_max = 0;
  size_t said = 0;
  for (size_t i = 0; i < answer.size(); ++i) {
    finder.Add(answer.substr(i, 1), pieces);
    for (const QuotePiece& piece : pieces) said += piece.text.size();
    pieces.clear();
    size_t words = 0;
    Word word;
    for (size_t at = said; ReadWord(answer.substr(0, i + 1), at, true, word); at = word.end) {
      ++words;
    }
    held_max = std::max(held_max, words);
  }
  return held_max;
}

TEST(QuoteFinder, HoldsLittleBack) {
  std::string fresh;
  std::string marks = "a";
  for (int i = 0; i < 300; ++i) {
    fresh += "word" + std::to_string(i) + " ";
    marks += " -";
  }
  const std::string answer = "said: " + fresh + "and " + fresh;
  EXPECT_LE(HeldWordsMax(Index(Documents({kTower})), answer), 5);
  EXPECT_LE(HeldWordsMax(Index(Documents({fresh})), answer), 9);
  EXPECT_LE(HeldWordsMax(Index(Documents({marks})), marks + marks), QuoteFinder::kWaitWordsMax + 2);
}

TEST(QuoteFinder, IsTheSameHoweverTheTextArrives) {
  const IndexPtr index = Index(Documents({kTower}));
  std::string answer;
  for (int i = 0; i < 200; ++i) answer += "So " + std::string(kTower).substr(7 + i % 60) + " Or? ";
  const Found whole = Find(index, answer);
  EXPECT_GT(whole.citations.size(), 190);
  for (const size_t step : {1, 2, 7, 64, 5'000}) {
    const Found found = Find(index, answer, step);
    EXPECT_EQ(found.pieces, whole.pieces) << step;
    EXPECT_EQ(found.citations, whole.citations) << step;
  }
}

// Ten megabytes of one word, and an answer of the same: work that grew with the product of both
// would not end.
TEST(QuoteFinder, BearsRepetitions) {
  std::string text;
  while (text.size() < 7'000'000) text += "a ";
  text += "b";
  std::string answer;
  for (int i = 0; i < 20'000; ++i) answer += "a ";
  const Found found = Find(Index(Documents({text})), answer + "c", 2);
  ASSERT_EQ(found.citations.size(), 1);
  EXPECT_EQ(found.citations[0].start, 0);
  // Few at a time, each near many places.
  std::string few;
  for (int i = 0; i < 5'000; ++i) few += "a a a a a a a c ";
  EXPECT_TRUE(Find(Index(Documents({text})), few, 3).citations.empty());
}

// Each of many short quotes stands among a million marks or blanks of the source: work that walked
// over them for each would not end.
TEST(QuoteFinder, BearsMarksAndSpaceAroundShortQuotes) {
  std::string answer;
  for (int i = 0; i < 50'000; ++i) answer += "One two three four five so ";
  const std::string space(4'000'000, ' ');
  for (const std::string& text :
       {std::string(1'000'000, '-') + "One two three four five",
        "One two three four five" + std::string(1'000'000, ')'),
        "x" + space + "One two three four five", "One two three four five" + space + "x"}) {
    const Found found = Find(Index(Documents({text})), answer, 64);
    EXPECT_TRUE(found.citations.empty());
  }
}

// A quote that is sure, and then marks of which each may be its last.
TEST(QuoteFinder, BearsMarksBehindAQuote) {
  std::string text = "one two three four five six seven eight";
  text += std::string(1'500'000, '-');
  const Found found = Find(Index(Documents({text})), text, 64);
  ASSERT_EQ(found.citations.size(), 1);
  EXPECT_EQ(found.citations[0].cited_text, text.substr(0, text.find('-')));
}

// Space that comes a character at a time.
TEST(QuoteFinder, BearsSpaceInTheAnswer) {
  const std::string space(3'000'000, ' ');
  const Found found =
      Find(Index(Documents({kTower})), "It is 330" + space + "metres tall and stands in Paris", 1);
  ASSERT_EQ(found.citations.size(), 1);
  EXPECT_EQ(found.citations[0].cited_text, "It is 330 metres tall and stands in Paris");
}

// The obvious matcher: each place is compared with each.
class SlowFinder {
 public:
  SlowFinder(const std::vector<ChatSource>& sources, std::string_view answer)
      : sources_(sources), answer_(answer), words_(WordsOf(answer)) {
    for (const ChatSource& source : sources) texts_.push_back(WordsOf(source.content[0]));
  }

  Found Run() {
    size_t said = 0;
    for (size_t i = 0; i < words_.size();) {
      const size_t taken = TryAt(i, said);
      i += std::max<size_t>(taken, 1);
    }
    if (said < answer_.size()) found_.pieces.emplace_back(answer_.substr(said));
    return std::move(found_);
  }

 private:
  static std::vector<Word> WordsOf(std::string_view text) {
    std::vector<Word> words;
    Word word;
    for (size_t at = 0; ReadWord(text, at, true, word); at = word.end) words.push_back(word);
    return words;
  }

  static std::string Lower(std::string_view text, const Word& word) {
    std::string lower(text.substr(word.begin, word.end - word.begin));
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    return lower;
  }

  size_t Length(size_t i, size_t document, size_t place) const {
    const std::string_view text = sources_[document].content[0];
    const std::vector<Word>& words = texts_[document];
    size_t length = 0;
    while (i + length < words_.size() && place + length < words.size()) {
      const Word& a = words_[i + length];
      const Word& b = words[place + length];
      if (Lower(answer_, a) != Lower(text, b)) break;
      if (length > 0 && a.after_space != b.after_space) break;
      ++length;
    }
    return length;
  }

  static size_t Letters(std::span<const Word> words) {
    return static_cast<size_t>(std::ranges::count(words, Word::Kind::kLetters, &Word::kind));
  }

  size_t CountPlaces(size_t i, size_t length) const {
    size_t count = 0;
    for (size_t d = 0; d < texts_.size(); ++d) {
      for (size_t p = 0; p < texts_[d].size(); ++p) count += Length(i, d, p) >= length ? 1 : 0;
    }
    return count;
  }

  // The words of the quote that begins at `i`; 0 for none.
  size_t TryAt(size_t i, size_t& said) {
    if (words_[i].kind == Word::Kind::kMark) return 0;
    size_t best = 0;
    size_t document = 0;
    size_t place = 0;
    for (size_t d = 0; d < texts_.size(); ++d) {
      for (size_t p = 0; p < texts_[d].size(); ++p) {
        const size_t length = Length(i, d, p);
        if (length <= best) continue;
        best = length;
        document = d;
        place = p;
      }
    }
    if (best < SourceIndex::kGramWords) return 0;
    std::span<const Word> match = std::span(words_).subspan(i, best);
    const bool sure = Letters(match) >= QuoteFinder::kSureWords;
    while (match.back().kind == Word::Kind::kMark) match = match.first(match.size() - 1);
    if (match.size() < best) {
      const Word& next = words_[i + match.size()];
      if (!next.after_space && Lower(answer_, next) == ".") {
        match = std::span(words_).subspan(i, match.size() + 1);
      }
    }
    if (!sure && !IsQuote(i, match, document, place)) return 0;
    if (said < match.front().begin) {
      found_.pieces.emplace_back(answer_.substr(said, match.front().begin - said));
    }
    said = match.back().end;
    found_.pieces.push_back(
        "[" + std::string(answer_.substr(match.front().begin, said - match.front().begin)) + "]");
    const std::vector<Word>& words = texts_[document];
    const size_t begin = words[place].begin;
    const size_t end = words[place + match.size() - 1].end;
    found_.citations.push_back(
        {.index = static_cast<int64_t>(document),
         .start = static_cast<int64_t>(begin),
         .end = static_cast<int64_t>(end),
         .title = "doc",
         .cited_text = sources_[document].content[0].substr(begin, end - begin)});
    return match.size();
  }

  bool IsQuote(size_t i, std::span<const Word> match, size_t document, size_t place) const {
    if (Letters(match) < QuoteFinder::kLeastWords) return false;
    const bool number = std::ranges::any_of(match, [](const Word& word) { return word.has_digit; });
    return (number || IsSentence(match, document, place)) && CountPlaces(i, match.size()) == 1;
  }

  // The texts of the property have no marks but full stops and commas, and no line ends.
  bool IsSentence(std::span<const Word> match, size_t document, size_t place) const {
    const std::string_view text = sources_[document].content[0];
    const std::vector<Word>& words = texts_[document];
    const bool begins = place == 0 || Lower(text, words[place - 1]) == ".";
    const size_t last = place + match.size() - 1;
    const bool ends = Lower(text, words[last]) == "." || last + 1 == words.size() ||
                      Lower(text, words[last + 1]) == ".";
    return begins && ends;
  }

  const std::vector<ChatSource>& sources_;
  std::string_view answer_;
  std::vector<Word> words_;
  std::vector<std::vector<Word>> texts_;
  Found found_;
};

TEST(QuoteFinder, FindsWhatTheObviousMatcherFinds) {
  std::mt19937 random(7);
  const auto below = [&](size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
  };
  size_t citations = 0;
  for (int round = 0; round < 3'000; ++round) {
    const size_t vocabulary = 2 + below(8);
    const auto say = [&](std::string& text, size_t words) {
      constexpr const char* kWords[] = {"ah", "Oh", "no", "7", "we", "go", "UP", "it", "so", "he"};
      constexpr const char* kAfter[] = {" ", " ", " ", " ", "  ", ", ", ". ", "."};
      for (size_t i = 0; i < words; ++i) {
        text += kWords[below(vocabulary)];
        text += kAfter[below(std::size(kAfter))];
      }
    };
    std::vector<std::string> texts(1 + below(3));
    for (std::string& text : texts) {
      say(text, 1 + below(60));
      // Some of it stands at several places.
      const std::string& other = texts[below(texts.size())];
      if (below(2) == 0 && !other.empty()) text += other.substr(below(other.size()), below(60));
    }
    std::string answer;
    for (size_t part = below(8); part-- > 0;) {
      const std::string& text = texts[below(texts.size())];
      const size_t begin = below(text.size());
      answer += text.substr(begin, 1 + below(80));
      say(answer, below(4));
    }
    const std::vector<ChatSource> sources = Documents(texts);
    const Found expected = SlowFinder(sources, answer).Run();
    const Found found = Find(Index(sources, 1'000'000), answer, 1 + below(20));
    ASSERT_EQ(found.pieces, expected.pieces) << answer << "\nin\n" << texts[0];
    ASSERT_EQ(found.citations, expected.citations);
    citations += found.citations.size();
  }
  EXPECT_GT(citations, 2'000);
}

}  // namespace
}  // namespace bedplate::models
