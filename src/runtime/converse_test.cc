// Conversations against a stand-in server.
#include "runtime/converse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "models/testing/model_stand.h"

namespace bedplate::runtime {
namespace {

using models::FakeExchange;
using models::FakeRequest;
using testing::ElementsAre;
using testing::HasSubstr;

Conversation Asking(std::string text) {
  Conversation conversation;
  conversation.messages = {{.role = Role::kUser, .content = {TextBlock{std::move(text)}}}};
  return conversation;
}

std::string Answering(std::string_view ending, int completion_tokens = 2) {
  return R"({"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},)" +
         std::string(ending) + R"(}],"usage":{"prompt_tokens":5,"completion_tokens":)" +
         std::to_string(completion_tokens) + R"(,"prompt_tokens_details":{"cached_tokens":4}}})";
}

DocumentProgram Documents() { return {DOCUMENTS_PROGRAM, {"PATH=/usr/bin"}}; }

class ConverseTest : public testing::Test {
 protected:
  models::ModelPtr Model() { return std::make_shared<const models::Model>(stand_.model); }
  Converser& converser() {
    if (!converser_) {
      converser_ = std::make_unique<Converser>(stand_.client(), pool_, Documents(), SystemClock());
    }
    return *converser_;
  }
  Result<Answer> Converse(Conversation conversation) {
    return stand_.reactors.Run(1, converser().Converse(Model(), std::move(conversation)));
  }
  // Text as it is, other pieces with a mark before them.
  static std::string Text(const AnswerPiece& piece) {
    std::string text(piece.text);
    switch (piece.kind) {
      case AnswerPiece::Kind::kText:
        return text;
      case AnswerPiece::Kind::kReasoning:
        return "think:" + text;
      case AnswerPiece::Kind::kTextEnd:
        return "/";
      case AnswerPiece::Kind::kCitation:
        return "cites:" + piece.citation->cited_text;
      case AnswerPiece::Kind::kReasoningSignature:
        return "sign:" + text;
      case AnswerPiece::Kind::kRedactedReasoning:
        return "redacted:" + text;
      case AnswerPiece::Kind::kToolUse:
        return "use:" + text + ":" + std::string(piece.name);
      case AnswerPiece::Kind::kToolInput:
        return "in:" + text;
    }
    return text;
  }
  // The pieces of a streamed answer, then the fault's message if it ended in one.
  std::vector<std::string> Stream(Conversation conversation) {
    auto read = [&]() -> net::Task<std::vector<std::string>> {
      std::vector<std::string> pieces;
      auto stream = co_await converser().ConverseStream(Model(), std::move(conversation));
      if (!stream) co_return std::vector{"refused: " + stream.error().message};
      for (;;) {
        auto piece = co_await stream->Next();
        if (!piece) {
          EXPECT_EQ(piece.error().fault, Fault::kModelStreamError);
          pieces.push_back(piece.error().message);
          co_return pieces;
        }
        if (!*piece) break;
        pieces.push_back(Text(**piece));
      }
      outcome_ = stream->outcome();
      co_await stream->Finish();
      co_return pieces;
    };
    return stand_.reactors.Run(1, read());
  }
  // A stand-in that answers each chat with the same body and keeps the request.
  void Answer(std::string body) {
    stand_.Upstream([this, body](const FakeRequest& request, FakeExchange& exchange) {
      seen_ = request;
      exchange.Send(200, body);
    });
  }
  void Events(std::vector<std::string> events) {
    stand_.Upstream([this, events](const FakeRequest& request, FakeExchange& exchange) {
      seen_ = request;
      exchange.Start(200);
      for (const std::string& event : events) exchange.Event(event);
      exchange.Finish();
    });
  }

  models::ModelStand stand_;
  net::BlockingPool pool_{1};
  std::unique_ptr<Converser> converser_;
  FakeRequest seen_;
  Outcome outcome_;
};

TEST_F(ConverseTest, AnswersWithTextUsageAndLatency) {
  stand_.Upstream([this](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    exchange.Send(200, Answering(R"("finish_reason":"stop")"));
  });
  Conversation conversation = Asking("Hi");
  conversation.system = {"Be brief.", "Be kind."};
  conversation.settings = {.tokens_max = 9, .temperature = 0.7f, .stop_sequences = {"X"}};
  conversation.additional_fields = {{"top_k", "3"}};
  auto answer = Converse(std::move(conversation));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "Hello");
  EXPECT_EQ(answer->outcome.stop_reason, StopReason::kEndTurn);
  EXPECT_EQ(answer->outcome.usage.input_tokens, 5);
  EXPECT_EQ(answer->outcome.usage.output_tokens, 2);
  EXPECT_EQ(answer->outcome.usage.Total(), 7);
  // The engine's own prefix cache is no checkpoint of the caller's.
  EXPECT_EQ(answer->outcome.usage.cache_read_tokens, 0);
  EXPECT_GE(answer->outcome.latency_ms, 20);
  EXPECT_EQ(answer->outcome.additional_response_fields, "");
  EXPECT_EQ(seen_.target, "/chat/completions");
  EXPECT_EQ(seen_.body,
            R"({"model":"big","messages":[{"role":"system","content":"Be brief.\nBe kind."},)"
            R"({"role":"user","content":"Hi"}],"max_tokens":9,"temperature":0.7,"stop":["X"],)"
            R"("top_k":3,"stream":false})");
}

// Whether and how it goes on with it is the server's business.
TEST_F(ConverseTest, HandsOnWhatTheAssistantBegan) {
  Answer(Answering(R"("finish_reason":"stop")"));
  Conversation conversation = Asking("Count.");
  conversation.messages.push_back(
      {.role = Role::kAssistant, .content = {TextBlock{"One,"}, TextBlock{"two, "}}});
  auto answer = Converse(conversation);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "Hello");
  const std::string messages = R"("messages":[{"role":"user","content":"Count."},)"
                               R"({"role":"assistant","content":"One,\ntwo, "}])";
  EXPECT_THAT(seen_.body, HasSubstr(messages));
  (void)stand_.reactors.Run(0, converser().CountTokens(Model(), conversation));
  EXPECT_EQ(seen_.target, "/tokenize");
  EXPECT_THAT(seen_.body, HasSubstr(messages));
}

TEST_F(ConverseTest, SaysWhyTheModelStopped) {
  auto reason = [this](std::string_view ending, std::optional<int> tokens_max,
                       int completion_tokens = 2) {
    std::string body = Answering(ending, completion_tokens);
    models::ModelStand stand;
    stand.Upstream([&](const FakeRequest&, FakeExchange& exchange) { exchange.Send(200, body); });
    Converser converser(stand.client(), pool_, Documents(), SystemClock());
    Conversation conversation = Asking("Hi");
    conversation.settings.tokens_max = tokens_max;
    auto answer = stand.reactors.Run(
        0, converser.Converse(std::make_shared<const models::Model>(stand.model), conversation));
    return answer ? answer->outcome.stop_reason : StopReason{};
  };
  EXPECT_EQ(reason(R"("finish_reason":"stop","stop_sequence":"X")", {}), StopReason::kStopSequence);
  EXPECT_EQ(reason(R"("finish_reason":"length")", 2), StopReason::kMaxTokens);
  EXPECT_EQ(reason(R"("finish_reason":"content_filter")", {}), StopReason::kContentFiltered);
}

TEST_F(ConverseTest, TellsAFullContextFromALongAnswer) {
  // fake_engine says that its context is 64 tokens; its prompts have 7.
  stand_.Engine("tokens=57 length");
  auto full = Converse(Asking("Hi"));
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->outcome.stop_reason, StopReason::kContextWindowExceeded);
  Conversation limited = Asking("Hi");
  limited.settings.tokens_max = 57;
  EXPECT_EQ(Converse(limited)->outcome.stop_reason, StopReason::kMaxTokens);
}

TEST_F(ConverseTest, RendersDocumentsIntoTheTurn) {
  Answer(Answering(R"("finish_reason":"stop")"));
  Conversation conversation = Asking("Summarise.");
  conversation.messages[0].content.push_back(DocumentBlock{
      .format = "html", .name = "Page", .bytes = "<p>One</p><p>Two</p>", .context = "A draft"});
  // Large enough for the blocking pool.
  conversation.messages[0].content.push_back(
      DocumentBlock{.format = "txt", .name = "Big", .bytes = std::string(100'000, 'x')});
  ASSERT_TRUE(Converse(std::move(conversation)));
  EXPECT_THAT(seen_.body,
              HasSubstr(R"("content":"Summarise.\n<document name=\"Page\">\nContext: A draft\n)"
                        R"(One\nTwo\n</document>\n<document name=\"Big\">\nxxx)"));
}

TEST_F(ConverseTest, RefusesDocumentsThatAreNoText) {
  Conversation conversation = Asking("x");
  conversation.messages[0].content.push_back(
      DocumentBlock{.format = "txt", .name = "Bin", .bytes = "\xFF\xFE"});
  auto answer = Converse(std::move(conversation));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault, Fault::kValidation);
  EXPECT_THAT(answer.error().message, HasSubstr("'Bin' at messages.0.content.1"));
}

TEST_F(ConverseTest, SelectsFieldsOfTheModelsAnswer) {
  Answer(Answering(R"("finish_reason":"stop","stop_sequence":"X")"));
  Conversation conversation = Asking("Hi");
  conversation.response_field_paths = {"/choices/0/stop_sequence", "/id", "/none",
                                       "/stop_sequence"};
  auto answer = Converse(conversation);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome.additional_response_fields,
            R"({"choices":{"0":{"stop_sequence":"X"}},"id":"c1","stop_sequence":"X"})");
  conversation.response_field_paths = {"id"};
  EXPECT_THAT(Converse(conversation).error().message,
              HasSubstr("'id' at additionalModelResponseFieldPaths.0"));
}

TEST_F(ConverseTest, RefusesBadConversationsAndEmbeddingModelsBeforeAsking) {
  Answer("{}");
  EXPECT_THAT(Converse({}).error().message, HasSubstr("must start with a user message"));
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  EXPECT_THAT(Converse(Asking("Hi")).error().message,
              HasSubstr("This action doesn't support the model that you provided."));
  EXPECT_EQ(stand_.upstream().requests(), 0);
}

TEST_F(ConverseTest, HandsOnThatTheInputIsTooLong) {
  stand_.Upstream([](const FakeRequest&, FakeExchange& exchange) {
    exchange.Send(400, R"({"error":{"message":"9000 tokens, the limit is 8192","type":
        "invalid_request_error","code":"context_length_exceeded"}})");
  });
  auto answer = Converse(Asking("Hi"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault, Fault::kValidation);
  EXPECT_THAT(answer.error().message, HasSubstr("Input is too long for requested model. 9000"));
  EXPECT_THAT(Stream(Asking("Hi")).at(0), HasSubstr("refused: The model returned"));
}

TEST_F(ConverseTest, StreamsPiecesAndEndsWithTheOutcome) {
  Events({R"({"id":"s1","choices":[{"delta":{"role":"assistant","content":""}}]})",
          R"({"choices":[{"delta":{"content":"Hel"}}]})",
          R"({"choices":[{"delta":{"content":"lo"}}]})",
          R"({"id":"s1","choices":[{"delta":{},"finish_reason":"stop","stop_sequence":"X"}]})",
          R"({"id":"s2","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})",
          "[DONE]"});
  Conversation conversation = Asking("Hi");
  conversation.settings.tokens_max = 2;
  conversation.response_field_paths = {"/id", "/usage/prompt_tokens", "/stop_sequence"};
  EXPECT_THAT(Stream(std::move(conversation)), ElementsAre("Hel", "lo"));
  EXPECT_EQ(outcome_.stop_reason, StopReason::kStopSequence);
  EXPECT_EQ(outcome_.usage.input_tokens, 5);
  EXPECT_EQ(outcome_.usage.output_tokens, 2);
  EXPECT_EQ(outcome_.additional_response_fields,
            R"({"id":"s1","usage":{"prompt_tokens":5},"stop_sequence":"X"})");
  EXPECT_THAT(seen_.body, HasSubstr(R"("stream":true,"stream_options":{"include_usage":true}})"));
}

TEST_F(ConverseTest, EndsABrokenStreamWithAnError) {
  Events(
      {R"({"choices":[{"delta":{"content":"Hel"}}]})", R"({"error":{"message":"out of memory"}})"});
  EXPECT_THAT(Stream(Asking("Hi")),
              ElementsAre("Hel", "The model returned the following errors: out of memory"));
}

TEST_F(ConverseTest, DoesNotInventTheEndOfAStream) {
  const std::string piece = R"({"choices":[{"delta":{"content":"Hel"}}]})";
  const std::string end = R"({"choices":[{"delta":{},"finish_reason":"stop"}]})";
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})";
  for (const auto& events : std::vector<std::vector<std::string>>{{piece},
                                                                  {piece, "[DONE]"},
                                                                  {piece, end, "[DONE]"},
                                                                  {piece, usage, "[DONE]"},
                                                                  {piece, "{", "[DONE]"}}) {
    models::ModelStand stand;
    stand.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
      exchange.Start(200);
      for (const std::string& event : events) exchange.Event(event);
      exchange.Finish();
    });
    Converser converser(stand.client(), pool_, Documents(), SystemClock());
    auto read = [&]() -> net::Task<Fault> {
      auto stream = co_await converser.ConverseStream(
          std::make_shared<const models::Model>(stand.model), Asking("Hi"));
      co_await stream->Next();
      auto second = co_await stream->Next();
      co_return second ? Fault::kInternal : second.error().fault;
    };
    EXPECT_EQ(stand.reactors.Run(0, read()), Fault::kModelStreamError) << events.size();
  }
}

Conversation AskingWithTools() {
  Conversation conversation = Asking("Weather?");
  conversation.tools = {{.name = "get", .schema = R"({"type":"object"})"}};
  return conversation;
}

// A turn with two calls and the turn with their results, in `conversation`.
void AddCalls(Conversation& conversation) {
  conversation.messages.push_back(
      {.role = Role::kAssistant,
       .content = {ReasoningBlock{.text = "Ask."}, TextBlock{"Let me see."},
                   ToolUseBlock{.id = "c1", .name = "get", .input = R"({"a":1})"},
                   ToolUseBlock{.id = "c2", .name = "get", .input = "{}"}}});
  conversation.messages.push_back(
      {.role = Role::kUser,
       .content = {ToolResultBlock{.tool_use_id = "c2",
                                   .content = {TextBlock{"no"}, TextBlock{"town"}},
                                   .failed = true},
                   TextBlock{"Be quick."},
                   ToolResultBlock{
                       .tool_use_id = "c1",
                       .content = {JsonBlock{R"({"t": 1})"},
                                   DocumentBlock{.format = "txt", .name = "n", .bytes = "x"}}}}});
}

TEST_F(ConverseTest, SendsToolsCallsAndResults) {
  Answer(Answering(R"("finish_reason":"stop")"));
  Conversation conversation = AskingWithTools();
  AddCalls(conversation);
  conversation.tool_choice.kind = models::ChatToolChoice::Kind::kAny;
  conversation.output_schema = {.name = "s", .schema = R"({"type":"object"})"};
  auto answer = Converse(std::move(conversation));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(
      seen_.body,
      R"({"model":"big","messages":[{"role":"user","content":"Weather?"},)"
      R"({"role":"assistant","reasoning_content":"Ask.","content":"Let me see.","tool_calls":[)"
      R"({"id":"c1","type":"function","function":{"name":"get","arguments":"{\"a\":1}"}},)"
      R"({"id":"c2","type":"function","function":{"name":"get","arguments":"{}"}}]},)"
      R"({"role":"tool","content":"Error: no\ntown","tool_call_id":"c2"},)"
      R"({"role":"tool","content":"{\"t\": 1}\n<document name=\"n\">\nx\n</document>",)"
      R"("tool_call_id":"c1"},{"role":"user","content":"Be quick."}],)"
      R"("tools":[{"type":"function","function":{"name":"get","parameters":{"type":"object"}}}],)"
      R"("tool_choice":"required","response_format":{"type":"json_schema","json_schema":)"
      R"({"name":"s","schema":{"type":"object"},"strict":true}},"stream":false})");
}

TEST_F(ConverseTest, SendsImagesInTheirPlace) {
  Answer(Answering(R"("finish_reason":"stop")"));
  stand_.model.facts.input_modalities = {models::Modality::kImage};
  const std::string gif("GIF89a\x01\0\x01\0", 10);
  Conversation conversation = AskingWithTools();
  conversation.messages[0].content = {TextBlock{"One:"}, TextBlock{"it"},
                                      ImageBlock{.format = "gif", .bytes = gif},
                                      TextBlock{"What?"}};
  conversation.messages.push_back(
      {.role = Role::kAssistant,
       .content = {ToolUseBlock{.id = "c1", .name = "get", .input = "{}"}}});
  conversation.messages.push_back(
      {.role = Role::kUser,
       .content = {ToolResultBlock{
           .tool_use_id = "c1",
           .content = {TextBlock{"done"}, ImageBlock{.format = "gif", .bytes = gif}}}}});
  ASSERT_TRUE(Converse(std::move(conversation)));
  const std::string image =
      R"({"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lGODlhAQABAA=="}})";
  EXPECT_THAT(seen_.body,
              HasSubstr(R"({"role":"user","content":[{"type":"text","text":"One:\nit"},)" + image +
                        R"(,{"type":"text","text":"What?"}]})"));
  EXPECT_THAT(seen_.body, HasSubstr(R"({"role":"tool","content":"done","tool_call_id":"c1"},)"
                                    R"({"role":"user","content":[{"type":"text",)"
                                    R"("text":"Image in the result of tool call c1:"},)" +
                                    image + "]}]"));
}

std::string AnsweringWith(std::string_view message, std::string_view finish) {
  return R"({"choices":[{"message":)" + std::string(message) + R"(,"finish_reason":")" +
         std::string(finish) + R"("}],"usage":{"prompt_tokens":5,"completion_tokens":2}})";
}

constexpr const char* kCall =
    R"({"content":"\n\n","reasoning_content":"Hm.","tool_calls":[{"id":"c1","type":"function",
        "function":{"name":"get","arguments":"{\"a\": 1}"}}]})";

TEST_F(ConverseTest, AnswersWithToolUses) {
  Answer(AnsweringWith(kCall, "tool_calls"));
  auto answer = Converse(AskingWithTools());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->outcome.stop_reason, StopReason::kToolUse);
  EXPECT_EQ(answer->reasoning.at(0).text, "Hm.");
  EXPECT_EQ(answer->text, "");  // space before a call is no text
  ASSERT_EQ(answer->tool_uses.size(), 1u);
  EXPECT_EQ(answer->tool_uses[0].id, "c1");
  EXPECT_EQ(answer->tool_uses[0].name, "get");
  EXPECT_EQ(answer->tool_uses[0].input, R"({"a": 1})");
}

TEST_F(ConverseTest, AnswersWithNothingButTheStopReasonOfAMalformedCall) {
  Answer(AnsweringWith(R"({"content":" \n","tool_calls":[{"function":{"name":"get",
                          "arguments":"["}}]})",
                       "tool_calls"));
  auto answer = Converse(AskingWithTools());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "");
  EXPECT_TRUE(answer->tool_uses.empty());
  EXPECT_EQ(answer->outcome.stop_reason, StopReason::kMalformedToolUse);
}

TEST_F(ConverseTest, SaysHowACallEnded) {
  const auto reason = [this](std::string_view message, std::string_view finish) {
    const std::string body = AnsweringWith(message, finish);
    models::ModelStand stand;  // its threads end before what they send
    stand.Upstream([&](const FakeRequest&, FakeExchange& exchange) { exchange.Send(200, body); });
    Converser converser(stand.client(), pool_, Documents(), SystemClock());
    auto answer = stand.reactors.Run(
        0,
        converser.Converse(std::make_shared<const models::Model>(stand.model), AskingWithTools()));
    return answer ? answer->outcome.stop_reason : StopReason::kContentFiltered;
  };
  const char* cut = R"({"content":"x","tool_calls":[{"function":{"name":"get","arguments":"{"}}]})";
  EXPECT_EQ(reason(kCall, "stop"), StopReason::kToolUse);  // as after a forced call
  EXPECT_EQ(reason(cut, "tool_calls"), StopReason::kMalformedToolUse);
  EXPECT_EQ(reason(cut, "stop"), StopReason::kMalformedToolUse);
  const char* one_good =
      R"({"content":"x","tool_calls":[{"function":{"name":"get","arguments":"{}"}},
          {"function":{"name":"get","arguments":"{"}}]})";
  EXPECT_EQ(reason(one_good, "tool_calls"), StopReason::kMalformedToolUse);
  EXPECT_EQ(reason(cut, "length"), StopReason::kMaxTokens);
  EXPECT_EQ(reason(R"({"content":"x"})", "malformed_tool_call"), StopReason::kMalformedToolUse);
  EXPECT_EQ(reason(R"({"content":"x"})", "tool_calls"), StopReason::kMalformedToolUse);
  EXPECT_EQ(reason(R"({"content":"x","tool_calls":[]})", "stop"), StopReason::kEndTurn);
}

std::string Delta(std::string_view members) {
  return R"({"choices":[{"delta":{)" + std::string(members) + "}}]}";
}

const std::string kFinish = R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})";
const std::string kUsage = R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})";

TEST_F(ConverseTest, StreamsReasoningTextAndCalls) {
  Events({Delta(R"("reasoning_content":"Hm","content":"")"), Delta(R"("reasoning_content":"m.")"),
          Delta(R"("thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}])"),
          Delta(R"("content":"\n")"), Delta(R"("content":"So ")"), Delta(R"("content":" ")"),
          Delta(R"("tool_calls":[{"index":0,"id":"c1","function":{"name":"get","arguments":""}}])"),
          Delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}])"),
          Delta(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])"),
          Delta(R"("content":"\n")"),
          Delta(R"("tool_calls":[{"index":1,"id":"c2","function":{"name":"get"}}])"), kFinish,
          kUsage, "[DONE]"});
  EXPECT_THAT(Stream(AskingWithTools()),
              ElementsAre("think:Hm", "think:m.", "sign:s", "\nSo ", " ", "use:c1:get",
                          R"(in:{"a")", "in::1}", "use:c2:get", "in:{}"));
  EXPECT_EQ(outcome_.stop_reason, StopReason::kToolUse);
  EXPECT_EQ(outcome_.usage.output_tokens, 2);
}

TEST_F(ConverseTest, KeepsSpaceThatNoCallFollows) {
  Events({Delta(R"("content":" ")"), Delta(R"("content":"\n")"),
          R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", kUsage, "[DONE]"});
  EXPECT_THAT(Stream(AskingWithTools()), ElementsAre(" \n"));
  EXPECT_EQ(outcome_.stop_reason, StopReason::kEndTurn);
}

TEST_F(ConverseTest, TakesAWholeCallInTheLastChunk) {
  Events({R"({"choices":[{"delta":{"content":"x","tool_calls":[{"index":0,"id":"c1","function":)"
          R"({"name":"get","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})",
          kUsage, "[DONE]"});
  EXPECT_THAT(Stream(AskingWithTools()), ElementsAre("x", "use:c1:get", "in:{}"));
  EXPECT_EQ(outcome_.stop_reason, StopReason::kToolUse);
}

TEST_F(ConverseTest, EndsAStreamOfMixedCallsWithAnError) {
  Events({Delta(R"("tool_calls":[{"index":0,"id":"c1","function":{"name":"get"}}])"),
          Delta(R"("tool_calls":[{"index":1,"id":"c2","function":{"name":"get"}}])"),
          Delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])"), kFinish, kUsage});
  EXPECT_THAT(Stream(AskingWithTools()),
              ElementsAre("use:c1:get", "in:{}", "use:c2:get",
                          "The model's server mixed the pieces of several tool calls. Retry your "
                          "request."));
}

TEST_F(ConverseTest, SaysThatAStreamedCallIsMalformed) {
  Events({Delta(R"("tool_calls":[{"index":0,"id":"c1","function":{"name":"get",)"
                R"("arguments":"{\"a"}}])"),
          Delta(R"("content":"\n")"), kFinish, kUsage, "[DONE]"});
  EXPECT_THAT(Stream(AskingWithTools()), ElementsAre("use:c1:get", R"(in:{"a)"));
  EXPECT_EQ(outcome_.stop_reason, StopReason::kMalformedToolUse);
}

TEST_F(ConverseTest, CountsThePromptWithItsTools) {
  stand_.Upstream([this](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    exchange.Send(200, R"({"count":12})");
  });
  Conversation conversation = AskingWithTools();
  AddCalls(conversation);
  ASSERT_TRUE(stand_.reactors.Run(0, converser().CountTokens(Model(), conversation)));
  EXPECT_THAT(seen_.body, HasSubstr(R"("tool_call_id":"c1")"));
  EXPECT_THAT(seen_.body, HasSubstr(R"("tools":[{"type":"function","function":{"name":"get")"));
}

TEST_F(ConverseTest, CountsTheSamePrompt) {
  stand_.Upstream([this](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    exchange.Send(200, R"({"count":12})");
  });
  Conversation conversation = Asking("Hi");
  conversation.system = {"Be brief."};
  conversation.additional_fields = {{"top_k", "3"}, {"chat_template_kwargs", R"({"a":1})"}};
  auto count = stand_.reactors.Run(0, converser().CountTokens(Model(), conversation));
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(*count, 12);
  EXPECT_EQ(seen_.target, "/tokenize");
  EXPECT_EQ(seen_.body, R"({"model":"big","messages":[{"role":"system","content":"Be brief."},)"
                        R"({"role":"user","content":"Hi"}],"chat_template_kwargs":{"a":1}})");
  conversation.additional_fields = {{"tools", "[]"}};
  count = stand_.reactors.Run(0, converser().CountTokens(Model(), conversation));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().message, Converse(conversation).error().message);
}

TEST_F(ConverseTest, SaysWhenAServerHasNoTokenizer) {
  stand_.Upstream(
      [](const FakeRequest&, FakeExchange& exchange) { exchange.Send(404, "not found"); });
  auto count = stand_.reactors.Run(0, converser().CountTokens(Model(), Asking("Hi")));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().fault, Fault::kValidation);
  EXPECT_EQ(count.error().message, "The provided model doesn't support counting tokens.");
}

}  // namespace
}  // namespace bedplate::runtime
