#include "engine/server/log_probabilities_json.h"

#include <gtest/gtest.h>

namespace bedplate::engine {
namespace {

class Words final : public Vocabulary {
 public:
  void AppendPiece(TokenId token, std::string& out) const override {
    constexpr std::string_view kPieces[] = {"", "Hi", " \xC3\xA9", "\xE2\x82", "\xAC", ""};
    out += kPieces[token];
  }
  void AppendControlText(TokenId, std::string& out) const override { out += "<|end|>"; }
  bool EndsGeneration(TokenId) const override { return false; }
};

class LogProbabilitiesJsonTest : public ::testing::Test {
 protected:
  LogProbabilitiesJson Make(CompletionKind kind, std::optional<uint32_t> top_count,
                            std::vector<TokenId> shown = {}) {
    return {kind, top_count, words_, std::move(shown)};
  }
  Words words_;
};

TEST_F(LogProbabilitiesJsonTest, OfAChat) {
  auto json = Make(CompletionKind::kChat, 2);
  json.Add({{.chosen = {1, -0.5F}, .top = {{1, -0.5F}, {0, -1.25F}}}});
  EXPECT_EQ(json.Take(),
            R"({"content":[{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[)"
            R"({"token":"Hi","logprob":-0.5,"bytes":[72,105]},)"
            R"({"token":"<|end|>","logprob":-1.25,"bytes":null}]}]})");
  EXPECT_EQ(json.Take(), "");
}

TEST_F(LogProbabilitiesJsonTest, PartsOfCharactersAreBytes) {
  auto chat = Make(CompletionKind::kChat, 0);
  chat.Add({{.chosen = {3, -1}}});
  EXPECT_EQ(chat.Take(), R"({"content":[{"token":"\\xe2\\x82","logprob":-1,"bytes":[226,130],)"
                         R"("top_logprobs":[]}]})");
  auto text = Make(CompletionKind::kText, 0);
  text.Add({{.chosen = {3, -1}}});
  EXPECT_EQ(text.Take(),
            R"({"text_offset":[0],"token_logprobs":[-1],"tokens":["bytes:\\xe2\\x82"],)"
            R"("top_logprobs":null})");
}

TEST_F(LogProbabilitiesJsonTest, OfACompletionWithOffsetsThatGoOn) {
  auto json = Make(CompletionKind::kText, 1);
  json.Add({{.chosen = {1, -0.5F}, .top = {{1, -0.5F}}}, {.chosen = {2, -3}, .top = {{1, -1}}}});
  EXPECT_EQ(json.Take(), R"({"text_offset":[0,2],"token_logprobs":[-0.5,-3],"tokens":["Hi"," é"],)"
                         R"("top_logprobs":[{"Hi":-0.5},{"Hi":-1," é":-3}]})");
  json.Add({{.chosen = {1, -1}, .top = {{1, -1}}}});
  EXPECT_EQ(
      json.Take(),
      R"({"text_offset":[4],"token_logprobs":[-1],"tokens":["Hi"],"top_logprobs":[{"Hi":-1}]})");
}

TEST_F(LogProbabilitiesJsonTest, AShownControlTokenHasBytes) {
  auto json = Make(CompletionKind::kChat, 0, {5});
  json.Add({{.chosen = {5, -1}}});
  EXPECT_NE(json.Take().find("\"bytes\":[60,124,"), std::string::npos);
}

TEST_F(LogProbabilitiesJsonTest, OfAWholeAnswerWithoutTokensToo) {
  EXPECT_EQ(Make(CompletionKind::kChat, 0).TakeWhole(), R"({"content":[]})");
  EXPECT_EQ(Make(CompletionKind::kChat, {}).TakeWhole(), "");
}

}  // namespace
}  // namespace bedplate::engine
