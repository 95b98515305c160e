// Answers that cite, whole and streamed, of conversations and of native bodies.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/formats/facades.h"
#include "models/testing/model_stand.h"
#include "runtime/converse.h"
#include "runtime/invoke.h"
#include "runtime/source_reading.h"

namespace bedplate::runtime {
namespace {

using models::FakeExchange;
using models::FakeRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kGrass = "Grass is green because of the chlorophyll in its leaves.";

DocumentBlock Document(std::string text, bool citations = true) {
  return {.format = "txt", .name = "grass", .bytes = std::move(text), .citations = citations};
}

Conversation Showing(ContentBlock block) {
  Conversation conversation;
  conversation.messages = {{.role = Role::kUser, .content = {TextBlock{"Why?"}, std::move(block)}}};
  return conversation;
}

class CitationsTest : public testing::Test {
 protected:
  models::ModelPtr Model() { return std::make_shared<const models::Model>(stand_.model); }

  Result<Answer> Converse(Conversation conversation) {
    Converser converser(stand_.client(), pool_, {DOCUMENTS_PROGRAM, {"PATH=/usr/bin"}},
                        SystemClock());
    return stand_.reactors.Run(1, converser.Converse(Model(), std::move(conversation)));
  }

  std::vector<std::string> Stream(Conversation conversation) {
    Converser converser(stand_.client(), pool_, {DOCUMENTS_PROGRAM, {}}, SystemClock());
    auto read = [&]() -> net::Task<std::vector<std::string>> {
      std::vector<std::string> said;
      auto stream = co_await converser.ConverseStream(Model(), std::move(conversation));
      if (!stream) co_return std::vector{stream.error().message};
      for (;;) {
        auto piece = co_await stream->Next();
        if (!piece) co_return std::vector{piece.error().message};
        if (!*piece) break;
        using enum AnswerPiece::Kind;
        if ((*piece)->kind == kText) said.emplace_back((*piece)->text);
        if ((*piece)->kind == kTextEnd) said.emplace_back("/");
        if ((*piece)->kind == kCitation) said.push_back("cites " + (*piece)->citation->cited_text);
      }
      co_await stream->Finish();
      co_return said;
    };
    return stand_.reactors.Run(1, read());
  }

  // A server of OpenAI's protocol that says `text`, whole or in pieces of `step` bytes.
  void Say(std::string text, size_t step = 3) {
    stand_.Upstream([this, text, step](const FakeRequest& request, FakeExchange& exchange) {
      seen_ = request.body;
      constexpr const char* kUsage = R"("usage":{"prompt_tokens":5,"completion_tokens":2})";
      if (!request.body.contains(R"("stream":true)")) {
        exchange.Send(200, fmt::format(R"({{"choices":[{{"message":{{"content":"{}"}},)"
                                       R"("finish_reason":"stop"}}],{}}})",
                                       text, kUsage));
        return;
      }
      exchange.Start(200);
      for (size_t at = 0; at < text.size(); at += step) {
        exchange.Event(fmt::format(R"({{"choices":[{{"delta":{{"content":"{}"}}}}]}})",
                                   text.substr(at, step)));
      }
      exchange.Event(
          fmt::format(R"({{"choices":[{{"delta":{{}},"finish_reason":"stop"}}],{}}})", kUsage));
      exchange.Event("[DONE]");
      exchange.Finish();
    });
  }

  // A server of Anthropic's protocol with one answer.
  void SayAsAnthropic(std::string body) {
    stand_.Upstream([this, body](const FakeRequest& request, FakeExchange& exchange) {
      seen_ = request.body;
      exchange.Send(200, body);
    });
    std::get<models::RemoteUpstream>(stand_.model.binding).protocol =
        models::UpstreamProtocol::kAnthropic;
  }

  models::ModelStand stand_;
  net::BlockingPool pool_{1};
  std::string seen_;
};

TEST_F(CitationsTest, FindsWhatStandsInADocument) {
  Say(std::string("They say: ") + kGrass + " So it is.");
  auto answer = Converse(Showing(Document("Look! " + std::string(kGrass))));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(seen_, HasSubstr(R"(Why?\n<document name=\"grass\">\nLook! Grass is)"));
  ASSERT_EQ(answer->cited.size(), 1);
  const models::ChatCitedSpan& span = answer->cited[0];
  EXPECT_EQ(answer->text.substr(span.begin, span.end - span.begin), std::string(kGrass) + " ");
  EXPECT_EQ(span.citations, std::vector({models::ChatCitation{
                                .start = 6, .end = 62, .title = "grass", .cited_text = kGrass}}));
}

TEST_F(CitationsTest, FindsNothingUnasked) {
  Say(kGrass);
  auto answer = Converse(Showing(Document(kGrass, false)));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->cited.empty());
  EXPECT_THAT(Stream(Showing(Document(kGrass, false))), Not(testing::Contains("/")));
}

TEST_F(CitationsTest, StreamsTheSame) {
  Say(std::string("They say: ") + kGrass + " So it is.", 1'000);
  EXPECT_THAT(Stream(Showing(Document(kGrass))),
              ElementsAre("They say: ", "/", kGrass, " ", std::string("cites ") + kGrass, "/",
                          "So it is."));
}

TEST_F(CitationsTest, StreamsInPiecesAsTheyCome) {
  Say(std::string("They say: ") + kGrass + " So it is.", 3);
  const auto said = Stream(Showing(Document(kGrass)));
  EXPECT_GT(said.size(), 8);
  std::string all;
  for (const std::string& piece : said) all += piece;
  EXPECT_EQ(all, "They say: /" + std::string(kGrass) + " cites " + kGrass + "/So it is.");
}

// Where there are tools, a text waits until it is more than space. Here a chunk ends one such and
// brings another.
TEST_F(CitationsTest, KeepsTextsApartThatEndTogether) {
  stand_.Upstream([](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"choices":[{"delta":{"content":"Grass is"}}]})");
    exchange.Event(
        R"({"choices":[{"delta":{"reasoning_content":"Hm.","content":"Other ?!"},)"
        R"("finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}})");
    exchange.Event("[DONE]");
    exchange.Finish();
  });
  Conversation conversation = Showing(Document(kGrass));
  conversation.tools = {{.name = "find", .schema = R"({"type":"object"})"}};
  EXPECT_THAT(Stream(std::move(conversation)), ElementsAre("Grass is", "Other ?!"));
}

TEST_F(CitationsTest, ReadsLargeDocumentsAndTheChunksOfOne) {
  Say(kGrass);
  std::string large;
  while (large.size() < 200'000) large += "word" + std::to_string(large.size()) + " ";
  DocumentBlock document = Document(large);
  document.part_ends.push_back(document.bytes.size());
  document.bytes += "\n" + std::string(kGrass);
  document.part_ends.push_back(document.bytes.size());
  auto answer = Converse(Showing(document));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->cited.size(), 1);
  const models::ChatCitation& citation = answer->cited[0].citations[0];
  EXPECT_EQ(citation.kind, models::ChatCitation::Kind::kChunks);
  EXPECT_EQ(citation.start, 1);
}

TEST_F(CitationsTest, LargeSearchResultsAreReadOnThePool) {
  Say("x");
  net::BlockingPool none(1, 0);  // takes no work
  Converser converser(stand_.client(), none, {DOCUMENTS_PROGRAM, {}}, SystemClock());
  const auto fault = [&](size_t bytes) -> std::optional<Fault> {
    auto answer = stand_.reactors.Run(
        1,
        converser.Converse(
            Model(), Showing(SearchResultBlock{
                         .source = "S", .title = "T", .content = {std::string(bytes, 'x'), "y"}})));
    if (answer) return std::nullopt;
    return answer.error().fault;
  };
  EXPECT_EQ(fault((64 << 10) - 1), std::nullopt);
  EXPECT_EQ(fault(64 << 10), Fault::kUnavailable);
}

TEST_F(CitationsTest, CitesLongAnswersOnThePool) {
  const auto fault = [&](net::BlockingPool& pool, size_t source_bytes,
                         size_t answer_bytes) -> std::optional<Fault> {
    models::ChatAnswer answer{.text = kGrass};
    answer.text.resize(answer_bytes, '.');
    models::ChatSource source{.content = {kGrass}, .citations = true};
    source.content[0].resize(source_bytes, '-');
    auto cited = stand_.reactors.Run(1, CiteAnswer(pool, {std::move(source)}, answer));
    if (!cited) return cited.error().fault;
    EXPECT_EQ(answer.cited.size(), 1);
    return std::nullopt;
  };
  net::BlockingPool none(1, 0);  // takes no work
  EXPECT_EQ(fault(none, 64 << 10, 16 << 10), std::nullopt);
  EXPECT_EQ(fault(none, 64 << 10, (16 << 10) + 1), Fault::kUnavailable);
  EXPECT_EQ(fault(none, (64 << 10) + 1, 16 << 10), Fault::kUnavailable);
  EXPECT_EQ(fault(pool_, (64 << 10) + 1, (16 << 10) + 1), std::nullopt);
}

TEST_F(CitationsTest, FindsSearchResultsInToolsResults) {
  Say(kGrass);
  Conversation conversation = Showing(TextBlock{"Search."});
  conversation.tools = {{.name = "find", .schema = R"({"type":"object"})"}};
  conversation.messages.push_back(
      {.role = Role::kAssistant,
       .content = {ToolUseBlock{.id = "t1", .name = "find", .input = "{}"}}});
  ToolResultBlock result{.tool_use_id = "t1"};
  for (const char* text : {"Nothing here.", kGrass}) {
    result.content.emplace_back(
        SearchResultBlock{.source = "S", .title = "T", .content = {text}, .citations = true});
  }
  // It is counted first, though the tool's turn comes before it.
  const SearchResultBlock before{
      .source = "S", .title = "T", .content = {"Not yet."}, .citations = true};
  conversation.messages.push_back({.role = Role::kUser, .content = {before, std::move(result)}});
  auto answer = Converse(std::move(conversation));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(seen_, HasSubstr(R"("role":"tool","content":"<search_result title=\"T\")"));
  ASSERT_EQ(answer->cited.size(), 1);
  const models::ChatCitation& citation = answer->cited[0].citations[0];
  EXPECT_EQ(citation.kind, models::ChatCitation::Kind::kSearchResult);
  EXPECT_EQ(citation.index, 2);
  EXPECT_EQ(citation.source, "S");
}

TEST_F(CitationsTest, LeavesThemToAServerOfAnthropics) {
  SayAsAnthropic(
      R"({"id":"m","content":[{"type":"text","text":"Green: "},{"type":"text","text":"leaves",)"
      R"("citations":[{"type":"page_location","cited_text":"p","document_index":0,)"
      R"("document_title":"grass","start_page_number":1,"end_page_number":2}]}],)"
      R"("stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}})");
  DocumentBlock pdf = Document("%PDF-1.7 no file that anyone here could read");
  pdf.format = "pdf";
  auto answer = Converse(Showing(pdf));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(seen_, HasSubstr(R"({"type":"document","source":{"type":"base64","media_type":)"
                               R"("application/pdf","data":"JVBERi0xLjcg)"));
  EXPECT_THAT(seen_, HasSubstr(R"("title":"grass","citations":{"enabled":true}})"));
  ASSERT_EQ(answer->cited.size(), 1);
  EXPECT_EQ(answer->cited[0].begin, 7);
  EXPECT_EQ(answer->cited[0].citations[0].kind, models::ChatCitation::Kind::kPages);
}

TEST_F(CitationsTest, AreInNativeAnswersToo) {
  Say(std::string("They say: ") + kGrass, 4);
  const std::string body =
      R"({"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user",)"
      R"("content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":")" +
      std::string(kGrass) + R"("},"citations":{"enabled":true}},{"type":"text","text":"Why?"}]}]})";
  stand_.model.facts.family = "anthropic-messages";
  Invoker invoker(stand_.client(), SystemClock());
  auto answer = stand_.reactors.Run(
      1, invoker.Invoke({.model = Model(), .model_as_asked = "", .body = body}));
  ASSERT_TRUE(answer) << answer.error().message;
  const std::string citation = fmt::format(
      R"({{"type":"char_location","cited_text":"{}","document_index":0,"start_char_index":0,)"
      R"("end_char_index":56,"document_title":null}})",
      kGrass);
  EXPECT_THAT(answer->body,
              HasSubstr(fmt::format(R"({{"type":"text","text":"They say: "}},)"
                                    R"({{"type":"text","text":"{}","citations":[{}]}})",
                                    kGrass, citation)));
  auto read = [&]() -> net::Task<std::string> {
    std::string all;
    auto stream =
        co_await invoker.InvokeStream({.model = Model(), .model_as_asked = "", .body = body});
    if (!stream) co_return stream.error().message;
    for (;;) {
      auto chunk = co_await stream->Next();
      if (!chunk) co_return chunk.error().message;
      if (!*chunk) break;
      all += **chunk;
    }
    co_await stream->Finish();
    co_return all;
  };
  const std::string streamed = stand_.reactors.Run(1, read());
  EXPECT_THAT(streamed, HasSubstr(R"({"type":"content_block_delta","index":1,"delta":{"type":)"
                                  R"("citations_delta","citation":)" +
                                  citation + R"(}}{"type":"content_block_stop","index":1})"));
}

}  // namespace
}  // namespace bedplate::runtime
