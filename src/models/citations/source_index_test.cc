#include "models/citations/source_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "models/citations/source_order.h"
#include "models/citations/sources.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Word> WordsOf(std::string_view text) {
  std::vector<Word> words;
  Word word;
  for (size_t at = 0; ReadWord(text, at, true, word); at = word.end) words.push_back(word);
  return words;
}

std::vector<WordPlace> Places(const SourceIndex& index, std::string_view gram) {
  std::vector<WordPlace> places;
  index.Find(gram, WordsOf(gram), places);
  return places;
}

ChatCitation CiteOf(ChatSource source, std::string_view gram) {
  const SourceIndex index({std::move(source)});
  const auto places = Places(index, gram);
  EXPECT_EQ(places.size(), 1);
  if (places.empty()) return {};
  return index.Cite(places[0], places[0] + SourceIndex::kGramWords - 1);
}

TEST(SourceIndex, FindsPlacesInOrderUpToABound) {
  const SourceIndex index({{.content = {"a b c d e f a b c d e"}}, {.content = {"A  B c\nd e"}}},
                          2);
  EXPECT_THAT(Places(index, "a b c d e"), ElementsAre(0, 6));
  EXPECT_THAT(Places(index, "b c d e f"), ElementsAre(1));
  EXPECT_THAT(Places(index, "b c d e g"), IsEmpty());
  EXPECT_THAT(Places(index, "d e a b c"), IsEmpty());
}

bool HasSentence(const std::string& text) {
  const SourceIndex index({{.content = {text}}});
  const auto places = Places(index, "One two three four five");
  EXPECT_EQ(places.size(), 1) << text;
  return !places.empty() && index.IsSentence(places[0], places[0] + SourceIndex::kGramWords - 1);
}

TEST(SourceIndex, KnowsSentencesByWhatStandsAroundThem) {
  const std::string words = "One two three four five";
  const std::string most(SourceIndex::kSentenceMarksMax, '"');
  EXPECT_TRUE(HasSentence(words));
  EXPECT_TRUE(HasSentence("x. " + words + "! y"));
  EXPECT_TRUE(HasSentence("x\n " + words + " \f y"));
  EXPECT_FALSE(HasSentence("x " + words + "."));
  EXPECT_FALSE(HasSentence(words + " x."));
  EXPECT_TRUE(HasSentence("x. " + most + words + most + "\nx"));
  EXPECT_FALSE(HasSentence("x. \"" + most + words + "."));
  EXPECT_FALSE(HasSentence(words + most + "\"\nx"));
}

TEST(SourceIndex, EndsQuotesAtMuchSpace) {
  const auto found = [](size_t spaces) {
    const SourceIndex index({{.content = {"x. a b c" + std::string(spaces, ' ') + "d e f g h"}}});
    EXPECT_EQ(Places(index, "d e f g h").size(), 1);
    return !Places(index, "a b c d e").empty();
  };
  EXPECT_TRUE(found(SourceIndex::kSpaceBytesMax));
  EXPECT_FALSE(found(SourceIndex::kSpaceBytesMax + 1));
}

TEST(SourceIndex, CountsCharactersNotBytes) {
  const std::string before(5'000, 'x');
  const std::string text = "Größe: " + before + " – fünf Mäuse äßen süß Käse.";
  const ChatCitation citation =
      CiteOf({.title = "t", .content = {text}}, "fünf mäuse ÄßEN süß Käse");
  EXPECT_EQ(citation.kind, ChatCitation::Kind::kCharacters);
  EXPECT_EQ(citation.start, 7 + 5'000 + 3);
  EXPECT_EQ(citation.end, citation.start + 24);
  EXPECT_EQ(citation.cited_text, "fünf Mäuse äßen süß Käse");
  EXPECT_EQ(citation.title, "t");
}

TEST(SourceIndex, CountsPagesFromOneToBehindTheLast) {
  const ChatSource pages{.kind = ChatSource::Kind::kPages, .content = {"a\fb c d\fe f g\f"}};
  const ChatCitation two = CiteOf(pages, "b c d e f");
  EXPECT_EQ(two.kind, ChatCitation::Kind::kPages);
  EXPECT_EQ(two.start, 2);
  EXPECT_EQ(two.end, 4);
  const ChatCitation first = CiteOf(pages, "a b c d e");
  EXPECT_EQ(first.start, 1);
}

TEST(SourceIndex, CitesChunksAndSearchResultsByTheirTexts) {
  const ChatCitation chunk =
      CiteOf({.kind = ChatSource::Kind::kChunks, .content = {"x", "a b c d e f"}}, "b c d e f");
  EXPECT_EQ(chunk.kind, ChatCitation::Kind::kChunks);
  EXPECT_EQ(chunk.start, 1);
  EXPECT_EQ(chunk.end, 2);
  EXPECT_EQ(chunk.cited_text, "b c d e f");
  const SourceIndex index({{.content = {"x"}},
                           {.kind = ChatSource::Kind::kSearchResult, .content = {"y"}},
                           {.kind = ChatSource::Kind::kSearchResult,
                            .title = "T",
                            .source = "https://a/b",
                            .content = {"x", "y", "a b c d e"}}});
  const auto places = Places(index, "a b c d e");
  ASSERT_EQ(places.size(), 1);
  EXPECT_EQ(index.Cite(places[0], places[0] + 1),
            (ChatCitation{.kind = ChatCitation::Kind::kSearchResult,
                          .index = 1,
                          .start = 2,
                          .end = 3,
                          .title = "T",
                          .source = "https://a/b",
                          .cited_text = "a b"}));
}

TEST(Words, AreRunsOfLettersWithMarksInside) {
  const auto cut = [](std::string_view text) {
    std::vector<std::string> words;
    for (const Word& word : WordsOf(text)) {
      words.emplace_back(text.substr(word.begin, word.end - word.begin));
    }
    return words;
  };
  EXPECT_THAT(cut("It's $1,234.5 (state-of-the-art)."),
              ElementsAre("It's", "$1,234.5", "(", "state-of-the-art", ")", "."));
  EXPECT_THAT(cut("山は 5%。"), ElementsAre("山", "は", "5%", "。"));
  EXPECT_THAT(cut(std::string(150, 'x')),
              ElementsAre(std::string(64, 'x'), std::string(64, 'x'), std::string(22, 'x')));
  EXPECT_THAT(cut("\xff\xfe a \xe2\x80"), testing::Contains("a"));
}

TEST(Words, WaitForWhatMayFollow) {
  Word word;
  EXPECT_FALSE(ReadWord("seven", 0, false, word));
  EXPECT_FALSE(ReadWord("1.", 0, false, word));
  ASSERT_TRUE(ReadWord("1.", 0, true, word));
  EXPECT_EQ(word.end, 1);
  EXPECT_TRUE(ReadWord("seven ", 0, false, word));
  EXPECT_TRUE(ReadWord("!", 0, false, word));
  EXPECT_FALSE(ReadWord("  ", 0, true, word));
}

TEST(Words, AreTheSameWithoutCase) {
  EXPECT_TRUE(SameLetters("Straße", "STRAßE"));
  EXPECT_TRUE(SameLetters("ŽLUŤ", "žluť"));
  EXPECT_TRUE(SameLetters("МОСКВА", "москва"));
  EXPECT_TRUE(SameLetters("ΑΘΉΝΑ", "αθΉνα"));
  EXPECT_FALSE(SameLetters("a", "ab"));
  EXPECT_FALSE(SameLetters("×", "÷"));
}

ChatRequest Asking(ChatSource source) {
  ChatRequest request;
  request.turns.push_back({.parts = {std::move(source)}});
  return request;
}

TEST(Sources, BoundWordsOfWhatMayBeCited) {
  std::string text(SourceIndex::kWordsMax - 1, '.');
  ChatSource source{.content = {text}, .citations = true};
  EXPECT_TRUE(CheckSourceWords(Asking(source)));
  source.content[0] += "..";
  const auto refused = CheckSourceWords(Asking(source));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("have 4000002 words and marks"));
  source.citations = false;
  EXPECT_TRUE(CheckSourceWords(Asking(source)));
}

TEST(Sources, BecomeTextAndCitedTextsOneAgain) {
  ChatRequest request;
  request.turns.push_back(
      {.parts = {std::string("Q"),
                 ChatSource{.title = "a", .context = "C", .content = {"one", "two"}},
                 ChatSource{.kind = ChatSource::Kind::kSearchResult,
                            .title = "T",
                            .source = "S",
                            .content = {"found"},
                            .citations = true}},
       .cache_points = {{.at = 2}}});
  request.turns.push_back({.role = ChatRole::kAssistant,
                           .parts = {std::string("It "), ChatCitedText{.text = "is so"},
                                     std::string(", and "), ChatCitedText{.text = "was."}}});
  const std::vector<ChatSource> cited = RenderSources(request);
  const std::string document = "Q\n<document name=\"a\">\nContext: C\none\ntwo\n</document>";
  EXPECT_EQ(request.turns[0].text,
            document + "\n<search_result title=\"T\" source=\"S\">\nfound\n</search_result>");
  ASSERT_EQ(request.turns[0].cache_points.size(), 1);
  EXPECT_EQ(request.turns[0].cache_points[0].at, document.size());
  EXPECT_EQ(request.turns[1].text, "It is so, and was.");
  EXPECT_EQ(RenderSource({.kind = ChatSource::Kind::kPages, .content = {"one\n\ftwo\n\f"}}),
            "<document>\none\ntwo\n\n</document>");
  ASSERT_EQ(cited.size(), 1);
  EXPECT_EQ(cited[0].title, "T");
}

// A tool's result, whose turn comes first, and before it in the message a document and a result.
ChatRequest Turned() {
  const auto source = [](ChatSource::Kind kind, const char* title, int64_t order) {
    return ChatSource{
        .kind = kind, .title = title, .content = {"text"}, .citations = true, .order = order};
  };
  using enum ChatSource::Kind;
  ChatRequest request;
  request.turns.push_back({.parts = {source(kText, "first", 0)}});
  request.turns.push_back(
      {.role = ChatRole::kTool,
       .parts = {source(kText, "third", 102), source(kSearchResult, "b", 103)}});
  request.turns.push_back(
      {.parts = {source(kText, "second", 100), source(kSearchResult, "a", 101)}});
  return request;
}

TEST(Sources, AreCountedInTheOrderOfTheRequest) {
  ChatRequest request = Turned();
  std::vector<std::string> titles;
  for (const ChatSource& source : RenderSources(request)) titles.push_back(source.title);
  EXPECT_THAT(titles, ElementsAre("first", "second", "a", "third", "b"));
}

TEST(SourceOrder, GoesBetweenTheRequestsAndTheServers) {
  ChatRequest request = Turned();
  const auto order = SourceOrder::Of(request);
  ASSERT_TRUE(order);
  using enum ChatCitation::Kind;
  std::vector<ChatCitation> citations;
  for (const int64_t index : {0, 1, 2, 3}) citations.push_back({.kind = kPages, .index = index});
  for (const int64_t index : {0, 1}) citations.push_back({.kind = kSearchResult, .index = index});
  citations.push_back({.kind = kWeb});
  const auto indices = [](const std::vector<ChatCitation>& of) {
    std::vector<int64_t> all;
    std::ranges::transform(of, std::back_inserter(all), &ChatCitation::index);
    return all;
  };
  request.turns.push_back(
      {.role = ChatRole::kAssistant,
       .parts = {std::string("x"), ChatCitedText{.text = "y", .citations = citations}}});
  order->ToServer(request);
  auto& asked = std::get<ChatCitedText>(request.turns.back().parts[1]).citations;
  EXPECT_THAT(indices(asked), ElementsAre(0, 2, 1, 3, 1, 0, 0));
  order->ToRequest(asked);
  EXPECT_EQ(asked, citations);
}

TEST(SourceOrder, IsNoneWhereBothCountAlike) {
  ChatRequest request = Turned();
  std::swap(request.turns[1], request.turns[2]);
  EXPECT_FALSE(SourceOrder::Of(request));
  EXPECT_FALSE(SourceOrder::Of({}));
}

TEST(Sources, AreAllCitedOrNone) {
  CitationRule rule;
  EXPECT_FALSE(rule.Add(true, true, "first"));
  EXPECT_FALSE(rule.Add(false, false, "other kind"));
  EXPECT_FALSE(rule.Add(true, true, "second"));
  EXPECT_EQ(rule.Add(true, false, "third"), "first");
  EXPECT_TRUE(rule.any_enabled());
}

}  // namespace
}  // namespace bedplate::models
