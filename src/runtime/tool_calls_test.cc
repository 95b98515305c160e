#include "runtime/tool_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace bedplate::runtime {
namespace {

using models::ChatToolCall;
using models::ChatToolCallDelta;
using testing::ElementsAre;
using testing::MatchesRegex;

constexpr const char* kMadeId = "tooluse_[A-Za-z0-9]*";

TEST(ToToolUses, KeepsWhatFits) {
  const std::string longest(64, 'x');
  ToolUses uses = ToToolUses({{.id = "call_1.a:b-c", .name = "get", .arguments = R"({"a": 1})"},
                              {.id = longest, .name = "put-it_2", .arguments = " {}\n"}});
  ASSERT_EQ(uses.blocks.size(), 2u);
  EXPECT_FALSE(uses.malformed);
  EXPECT_EQ(uses.blocks[0].id, "call_1.a:b-c");
  EXPECT_EQ(uses.blocks[0].name, "get");
  EXPECT_EQ(uses.blocks[0].input, R"({"a": 1})");
  EXPECT_EQ(uses.blocks[1].id, longest);
}

TEST(ToToolUses, MakesIdsThatFitAndDiffer) {
  ToolUses uses = ToToolUses({{.id = "", .name = "a"},
                              {.id = "with space", .name = "a"},
                              {.id = std::string(65, 'x'), .name = "a"},
                              {.id = "twice", .name = "a"},
                              {.id = "twice", .name = "a"}});
  ASSERT_EQ(uses.blocks.size(), 5u);
  std::set<std::string> ids;
  for (const ToolUseBlock& block : uses.blocks) {
    ids.insert(block.id);
    EXPECT_EQ(block.input, "{}");
    if (block.id != "twice") {
      EXPECT_EQ(block.id.size(), 30u);
      EXPECT_THAT(block.id, MatchesRegex(kMadeId));
    }
  }
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(uses.blocks[3].id, "twice");
}

TEST(ToToolUses, LeavesOutWhatCouldNotBeSentBack) {
  for (const ChatToolCall& bad :
       std::vector<ChatToolCall>{{.id = "i", .name = "", .arguments = "{}"},
                                 {.id = "i", .name = "get it", .arguments = "{}"},
                                 {.id = "i", .name = std::string(65, 'x'), .arguments = "{}"},
                                 {.id = "i", .name = "get", .arguments = R"({"a":)"},
                                 {.id = "i", .name = "get", .arguments = "[]"},
                                 {.id = "i", .name = "get", .arguments = "{} {}"},
                                 {.id = "i", .name = "get", .arguments = R"("text")"}}) {
    ToolUses uses = ToToolUses({{.id = "good", .name = "put", .arguments = "{}"}, bad});
    EXPECT_TRUE(uses.malformed) << bad.name << bad.arguments;
    ASSERT_EQ(uses.blocks.size(), 1u);
    EXPECT_EQ(uses.blocks[0].id, "good");
  }
}

// Collects what deltas make, as text: "use ID NAME" and "in TEXT".
class ToolCallStreamTest : public testing::Test {
 protected:
  // Each list is one chunk.
  bool Take(std::vector<std::vector<ChatToolCallDelta>> chunks) {
    for (const auto& deltas : chunks) {
      std::vector<AnswerPiece> pieces;
      for (const ChatToolCallDelta& delta : deltas) {
        if (!stream_.Take(delta, pieces)) return false;
      }
      Note(pieces);
    }
    std::vector<AnswerPiece> pieces;
    stream_.Finish(pieces);
    Note(pieces);
    return true;
  }
  void Note(const std::vector<AnswerPiece>& pieces) {
    for (const AnswerPiece& piece : pieces) {
      if (piece.kind == AnswerPiece::Kind::kToolUse) {
        said_.push_back("use " + std::string(piece.text) + " " + std::string(piece.name));
      } else {
        said_.push_back("in " + std::string(piece.text));
      }
    }
  }

  ToolCallStream stream_;
  std::vector<std::string> said_;
};

TEST_F(ToolCallStreamTest, HandsOnEachPieceAsItComes) {
  ASSERT_TRUE(Take({{{.index = 0, .id = "c1", .name = "get"}},
                    {{.index = 0, .arguments = R"({"a")"}},
                    {{.index = 0, .arguments = ":1}"}},
                    {{.index = 1, .id = "c2", .name = "put", .arguments = R"({"b":)"}},
                    {{.index = 1, .arguments = "2"}, {.index = 1, .arguments = "}"}}}));
  EXPECT_THAT(said_, ElementsAre("use c1 get", R"(in {"a")", "in :1}", "use c2 put", R"(in {"b":)",
                                 "in 2", "in }"));
  EXPECT_TRUE(stream_.any());
  EXPECT_FALSE(stream_.malformed());
}

TEST_F(ToolCallStreamTest, WaitsForAName) {
  ASSERT_TRUE(Take({{{.index = 0, .id = "c1", .arguments = "{"}},
                    {{.index = 0, .name = "get", .arguments = " "}, {.index = 0, .arguments = "}"}},
                    {{.index = 0, .id = "c1", .name = "get", .arguments = "\n"}}}));
  EXPECT_THAT(said_, ElementsAre("use c1 get", "in { ", "in }", "in \n"));
}

TEST_F(ToolCallStreamTest, WritesOutThatThereAreNoArguments) {
  ASSERT_TRUE(
      Take({{{.index = 0, .id = "c1", .name = "get"}}, {{.index = 1, .id = "c2", .name = "put"}}}));
  EXPECT_THAT(said_, ElementsAre("use c1 get", "in {}", "use c2 put", "in {}"));
}

TEST_F(ToolCallStreamTest, TellsCallsApartWhateverTheServerNumbersThem) {
  // All numbered 0, whole in one chunk.
  ASSERT_TRUE(Take({{{.index = 0, .id = "c1", .name = "get", .arguments = "{}"},
                     {.index = 0, .id = "c2", .name = "get", .arguments = "{ }"}},
                    // Not numbered at all.
                    {{.id = "c3", .name = "get", .arguments = "{"}},
                    {{.arguments = "}"}},
                    {{.name = "put", .arguments = "{}"}}}));
  ASSERT_EQ(said_.size(), 9u);
  said_[7] = said_[7].substr(0, 12);
  EXPECT_THAT(said_, ElementsAre("use c1 get", "in {}", "use c2 get", "in { }", "use c3 get",
                                 "in {", "in }", "use tooluse_", "in {}"));
}

TEST_F(ToolCallStreamTest, MakesIdsThatFitAndDiffer) {
  ASSERT_TRUE(Take({{{.index = 0, .id = "c", .name = "a", .arguments = "{}"}},
                    {{.index = 1, .id = "c", .name = "a", .arguments = "{}"}},
                    {{.index = 2, .id = "?", .name = "a", .arguments = "{}"}}}));
  ASSERT_EQ(said_.size(), 6u);
  EXPECT_EQ(said_[0], "use c a");
  EXPECT_THAT(said_[2], MatchesRegex("use tooluse_[A-Za-z0-9]* a"));
  EXPECT_THAT(said_[4], MatchesRegex("use tooluse_[A-Za-z0-9]* a"));
  EXPECT_NE(said_[2], said_[4]);
}

TEST_F(ToolCallStreamTest, KnowsAMalformedCall) {
  ASSERT_TRUE(Take({{{.index = 0, .id = "c", .name = "a", .arguments = R"({"x":)"}}}));
  EXPECT_TRUE(stream_.malformed());
  EXPECT_FALSE(stream_.any());
}

TEST_F(ToolCallStreamTest, SendsNothingOfACallWithABadName) {
  ASSERT_TRUE(Take({{{.index = 0, .id = "c", .name = "not a name", .arguments = "{}"}},
                    {{.index = 0, .arguments = " "}},
                    {{.index = 1, .id = "d", .name = "b", .arguments = "{}"}}}));
  EXPECT_THAT(said_, ElementsAre("use d b", "in {}"));
  EXPECT_TRUE(stream_.malformed());
  EXPECT_TRUE(stream_.any());
}

TEST_F(ToolCallStreamTest, RefusesMixedPieces) {
  EXPECT_FALSE(Take({{{.index = 0, .id = "c", .name = "a", .arguments = "{"}},
                     {{.index = 1, .id = "d", .name = "b", .arguments = "{"}},
                     {{.index = 0, .arguments = "}"}}}));
}

}  // namespace
}  // namespace bedplate::runtime
