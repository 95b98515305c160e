#include "services/bedrock_runtime/stream_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bedrock_runtime/ops/ConverseStream.h"
#include "bedrock_runtime/shapes/CitationsDelta.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using runtime::AnswerPiece;
using testing::ElementsAre;
using enum AnswerPiece::Kind;

// Each event in a few words, with its index.
std::string Said(const gen::ConverseStreamOutput& event) {
  const auto at = [](const wire::Opt<int32_t>& index) { return std::to_string(*index) + " "; };
  if (event.contentBlockStart) {
    const gen::ToolUseBlockStart& use = *event.contentBlockStart->start->toolUse;
    return at(event.contentBlockStart->contentBlockIndex) + "start " + *use.toolUseId + " " +
           *use.name;
  }
  if (event.contentBlockStop) return at(event.contentBlockStop->contentBlockIndex) + "stop";
  const gen::ContentBlockDelta& delta = *event.contentBlockDelta->delta;
  std::string said = at(event.contentBlockDelta->contentBlockIndex);
  if (delta.text) said += "text " + *delta.text;
  if (delta.citation) said += "cites " + *delta.citation->sourceContent->at(0).text;
  if (delta.toolUse) said += "input " + *delta.toolUse->input;
  if (delta.reasoningContent && delta.reasoningContent->text) {
    said += "think " + *delta.reasoningContent->text;
  }
  if (delta.reasoningContent && delta.reasoningContent->signature) {
    said += "sign " + *delta.reasoningContent->signature;
  }
  if (delta.reasoningContent && delta.reasoningContent->redactedContent) {
    said += "redacted " + delta.reasoningContent->redactedContent->bytes;
  }
  return said;
}

std::vector<std::string> Events(const std::vector<AnswerPiece>& pieces) {
  StreamBlocks blocks;
  std::vector<std::string> said;
  for (const AnswerPiece& piece : pieces) {
    for (const auto* event : blocks.Take(piece)) said.push_back(Said(*event));
  }
  for (const auto* event : blocks.Finish()) said.push_back(Said(*event));
  return said;
}

TEST(StreamBlocks, NumbersOneBlockAfterAnother) {
  EXPECT_THAT(Events({{.kind = kReasoning, .text = "a"},
                      {.kind = kReasoning, .text = "b"},
                      {.kind = kReasoningSignature, .text = "s"},
                      {.kind = kText, .text = "c"},
                      {.kind = kText, .text = "d"},
                      {.kind = kToolUse, .text = "i1", .name = "get"},
                      {.kind = kToolInput, .text = "{"},
                      {.kind = kToolInput, .text = "}"},
                      {.kind = kToolUse, .text = "i2", .name = "put"},
                      {.kind = kToolInput, .text = "{}"},
                      {.kind = kText, .text = "e"}}),
              ElementsAre("0 think a", "0 think b", "0 sign s", "0 stop", "1 text c", "1 text d",
                          "1 stop", "2 start i1 get", "2 input {", "2 input }", "2 stop",
                          "3 start i2 put", "3 input {}", "3 stop", "4 text e", "4 stop"));
}

TEST(StreamBlocks, KeepsThoughtsApart) {
  EXPECT_THAT(Events({{.kind = kReasoning, .text = "a"},
                      {.kind = kReasoningSignature, .text = "s"},
                      {.kind = kReasoning, .text = "b"},
                      {.kind = kRedactedReasoning, .text = "x"},
                      {.kind = kRedactedReasoning, .text = "y"},
                      {.kind = kReasoningSignature, .text = "t"},
                      {.kind = kReasoningSignature, .text = "u"},
                      {.kind = kText, .text = "c"}}),
              ElementsAre("0 think a", "0 sign s", "0 stop", "1 think b", "1 stop", "2 redacted x",
                          "2 stop", "3 redacted y", "3 stop", "4 sign t", "4 stop", "5 sign u",
                          "5 stop", "6 text c", "6 stop"));
}

TEST(StreamBlocks, HasNoBlockForAnEmptyAnswer) { EXPECT_THAT(Events({}), ElementsAre()); }

TEST(StreamBlocks, GivesTextOneEventForAll) {
  StreamBlocks blocks;
  const AnswerPiece text{.kind = kText, .text = "x"};
  const gen::ConverseStreamOutput* first = blocks.Take(text)[0];
  const auto again = blocks.Take(text);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0], first);
}

TEST(StreamBlocks, PutCitationsBehindTheTextTheyAreOf) {
  const models::ChatCitation citation{.kind = models::ChatCitation::Kind::kSearchResult,
                                      .index = 1,
                                      .start = 2,
                                      .end = 3,
                                      .title = "T",
                                      .source = "S",
                                      .cited_text = "c"};
  StreamBlocks blocks;
  blocks.Take({.kind = kText, .text = "a"});
  const auto events = blocks.Take({.kind = kCitation, .citation = &citation});
  ASSERT_EQ(events.size(), 1);
  const gen::CitationsDelta& delta = *events[0]->contentBlockDelta->delta->citation;
  EXPECT_EQ(*delta.title, "T");
  EXPECT_EQ(*delta.source, "S");
  EXPECT_EQ(*delta.sourceContent->at(0).text, "c");
  EXPECT_EQ(*delta.location->searchResultLocation->searchResultIndex, 1);
  EXPECT_EQ(*delta.location->searchResultLocation->start, 2);
  EXPECT_EQ(*delta.location->searchResultLocation->end, 3);
  EXPECT_THAT(
      Events({{.kind = kText, .text = "a"},
              {.kind = kTextEnd},
              {.kind = kText, .text = "b"},
              {.kind = kCitation, .citation = &citation},
              {.kind = kTextEnd},
              {.kind = kText, .text = "c"}}),
      ElementsAre("0 text a", "0 stop", "1 text b", "1 cites c", "1 stop", "2 text c", "2 stop"));
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
