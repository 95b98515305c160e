#include "models/citations/answer_citer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kFirst = "The quick brown fox jumps over the lazy dog.";
constexpr const char* kSecond = "Never before had it rained for 40 days.";

std::shared_ptr<const SourceIndex> Index() {
  return std::make_shared<const SourceIndex>(
      std::vector<ChatSource>{{.title = "a", .content = {kFirst}, .citations = true},
                              {.title = "b", .content = {kSecond}, .citations = true}});
}

// What the chunks of an answer tell, a word for each thing; pieces of a text are put together.
std::vector<std::string> Told(std::vector<ChatChunk> answer) {
  AnswerCiter citer(Index());
  std::vector<std::string> told;
  bool in_text = false;
  for (ChatChunk& given : answer) {
    std::vector<ChatChunk> chunks;
    citer.Take(std::move(given), chunks);
    for (const ChatChunk& chunk : chunks) {
      if (!chunk.reasoning.empty()) told.push_back("thinks " + chunk.reasoning);
      if (chunk.begins_text) told.emplace_back("/");
      in_text = in_text && !chunk.begins_text && chunk.reasoning.empty();
      if (!chunk.text.empty() && std::exchange(in_text, true)) {
        told.back() += chunk.text;
      } else if (!chunk.text.empty()) {
        told.push_back(chunk.text);
      }
      for (const ChatCitation& citation : chunk.citations) {
        told.push_back("cites " + citation.cited_text);
        in_text = false;
      }
      if (!chunk.tool_calls.empty()) told.emplace_back("calls");
      if (chunk.finish) told.emplace_back("ends");
    }
  }
  return told;
}

const ChatChunk kEnd{.finish = ChatFinish{}};

TEST(AnswerCiter, PutsEachQuoteIntoABlockOfItsOwn) {
  const std::string first = kFirst;
  const std::string second = kSecond;
  EXPECT_THAT(Told({{.text = "He said: " + first + " Well. " + second + "\n"}, kEnd}),
              ElementsAre("He said: ", "/", first + " ", "cites " + first, "/", "Well. ", "/",
                          second + "\n", "cites " + second, "ends"));
}

TEST(AnswerCiter, LeavesNoBlockOfSpaceAlone) {
  const std::string first = kFirst;
  const std::string second = kSecond;
  EXPECT_THAT(
      Told({{.text = "\n" + first + "\n\n" + second}, kEnd}),
      ElementsAre("\n" + first + "\n\n", "cites " + first, "/", second, "cites " + second, "ends"));
  EXPECT_THAT(Told({{.text = " \n"}, kEnd}), ElementsAre(" \n", "ends"));
}

TEST(AnswerCiter, EndsTheTextBeforeCallsAndThoughts) {
  const std::string first = kFirst;
  EXPECT_THAT(Told({{.text = "So the quick"},
                    {.reasoning = "Hm."},
                    {.text = first},
                    {.tool_calls = {{.name = "t"}}},
                    kEnd}),
              ElementsAre("So the quick", "thinks Hm.", first, "cites " + first, "calls", "ends"));
}

TEST(AnswerCiter, CitesWholeAnswersLikewise) {
  const std::string first = kFirst;
  ChatAnswer answer{.text = "He said: " + first + " \n" + kSecond + " Well."};
  CiteAnswer(Index(), answer);
  std::vector<std::string> pieces;
  for (const CitedPiece& piece : CutAtCitations(answer.text, answer.cited)) {
    pieces.push_back((piece.citations == nullptr ? "" : piece.citations->at(0).cited_text + "|") +
                     std::string(piece.text));
  }
  EXPECT_THAT(pieces, ElementsAre("He said: ", first + "|" + first + " \n",
                                  std::string(kSecond) + "|" + kSecond + " ", "Well."));
}

TEST(AnswerCiter, CutsNothingElse) {
  ChatAnswer answer{.text = "The quick brown fox jumps."};
  CiteAnswer(Index(), answer);
  EXPECT_THAT(answer.cited, IsEmpty());
  const auto pieces = CutAtCitations(answer.text, answer.cited);
  ASSERT_EQ(pieces.size(), 1);
  EXPECT_EQ(pieces[0].text, answer.text);
  EXPECT_THAT(CutAtCitations("", {}), IsEmpty());
}

TEST(AnswerCiter, GivesSpaceBetweenOthersQuotesToABlock) {
  const std::vector<ChatCitedSpan> spans = {{.begin = 1, .end = 3, .citations = {{}}},
                                            {.begin = 4, .end = 5, .citations = {{}}}};
  std::vector<std::string> pieces;
  for (const CitedPiece& piece : CutAtCitations(" ab c ", spans)) pieces.emplace_back(piece.text);
  EXPECT_THAT(pieces, ElementsAre(" ab", " c "));
}

}  // namespace
}  // namespace bedplate::models
