#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/json/value.h"
#include "engine/server/completion_request.h"
#include "engine/server/completion_writer.h"
#include "engine/server/embedding_request.h"
#include "engine/server/metrics_page.h"

namespace bedplate::engine {
namespace {

using ::testing::HasSubstr;

Result<CompletionRequest> ParseChat(std::string_view more) {
  std::string body = R"({"messages":[{"role":"user","content":"hi"}])";
  body += more;
  body += "}";
  return ParseCompletionRequest(body, CompletionKind::kChat, {});
}

void ExpectWrong(std::string_view more, std::string_view message) {
  const auto request = ParseChat(more);
  ASSERT_FALSE(request) << more;
  EXPECT_EQ(request.error().fault, Fault::kValidation);
  EXPECT_THAT(request.error().message, HasSubstr(std::string(message)));
}

TEST(CompletionRequest, TakesEveryFieldItServes) {
  const auto request = ParseChat(
      R"(,"temperature":0.25,"top_p":0.5,"top_k":7,"min_p":0.125,"repeat_penalty":1.5,
         "presence_penalty":-1,"frequency_penalty":0.5,"seed":-3,"stop":["a","b"],"max_tokens":5,
         "stream":true,"stream_options":{"include_usage":true},"ignore_eos":true,"user":"u",
         "service_tier":"priority","prompt_cache_key":"k","n":1,"logprobs":false,"metadata":{"a":"b"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_FLOAT_EQ(request->sampling.temperature, 0.25F);
  EXPECT_FLOAT_EQ(request->sampling.top_p, 0.5F);
  EXPECT_EQ(request->sampling.top_k, 7);
  EXPECT_FLOAT_EQ(request->sampling.min_p, 0.125F);
  EXPECT_FLOAT_EQ(request->sampling.repeat_penalty, 1.5F);
  EXPECT_FLOAT_EQ(request->sampling.presence_penalty, -1);
  EXPECT_FLOAT_EQ(request->sampling.frequency_penalty, 0.5F);
  EXPECT_EQ(request->sampling.seed, static_cast<uint64_t>(-3));
  EXPECT_EQ(request->stops, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request->new_tokens_max, 5U);
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->include_usage);
  EXPECT_TRUE(request->ignore_end);
  EXPECT_EQ(request->tier, scheduler::Tier::kPriority);
  EXPECT_EQ(request->tenant, "u");
  EXPECT_EQ(request->share_scope, "k");
}

TEST(CompletionRequest, WhatIsNotSaidHasDefaultsAndARandomSeed) {
  const SamplingDefaults defaults{.temperature = 0.3F, .top_p = 0.8F, .top_k = 12, .min_p = 0.1F};
  const std::string body = R"({"messages":[{"role":"user","content":"hi"}],"top_p":null})";
  const auto one = ParseCompletionRequest(body, CompletionKind::kChat, defaults);
  const auto two = ParseCompletionRequest(body, CompletionKind::kChat, defaults);
  ASSERT_TRUE(one && two);
  EXPECT_FLOAT_EQ(one->sampling.temperature, 0.3F);
  EXPECT_FLOAT_EQ(one->sampling.top_p, 0.8F);
  EXPECT_EQ(one->sampling.top_k, 12);
  EXPECT_FLOAT_EQ(one->sampling.min_p, 0.1F);
  EXPECT_NE(one->sampling.seed, two->sampling.seed);
  EXPECT_EQ(one->new_tokens_max, std::nullopt);
  EXPECT_FALSE(one->stream);
}

TEST(CompletionRequest, MessagesNameTheMemberAndItsValue) {
  ExpectWrong(R"(,"temperature":"hot")", "temperature: expected a number from 0 to 2, got \"hot\"");
  ExpectWrong(R"(,"top_p":1.5)", "top_p: expected a number from 0 to 1, got 1.5");
  ExpectWrong(R"(,"max_tokens":0)", "max_tokens: expected an integer from 1");
  ExpectWrong(R"(,"max_tokens":1.5)", "got 1.5");
  ExpectWrong(R"(,"stop":["a",7])", "stop: expected strings, got 7");
  ExpectWrong(R"(,"stop":"")", "stop: expected strings of at least one character");
  ExpectWrong(R"(,"stream":1)", "stream: expected true or false, got 1");
  ExpectWrong(R"(,"stream_options":{"include_usage":1})", "stream_options.include_usage: expected");
  ExpectWrong(R"(,"service_tier":"gold")",
              "service_tier: expected auto, default, flex or priority");
}

// Each bound of each number that shapes sampling, taken at the bound and refused beyond it.
TEST(CompletionRequest, SamplingStaysInItsRanges) {
  struct Range {
    std::string name, least, below, most, above;
  };
  const Range ranges[] = {
      {"temperature", "0", "-0.001", "2", "2.001"},
      {"top_p", "0", "-0.001", "1", "1.001"},
      {"min_p", "0", "-0.001", "1", "1.001"},
      {"top_k", "0", "-1", "2147483647", "2147483648"},
      {"repeat_penalty", "0.01", "0", "100", "100.5"},
      {"presence_penalty", "-2", "-2.001", "2", "2.001"},
      {"frequency_penalty", "-2", "-2.001", "2", "2.001"},
  };
  const auto member = [](const Range& range, const std::string& value) {
    return ",\"" + range.name + "\":" + value;
  };
  for (const Range& range : ranges) {
    EXPECT_TRUE(ParseChat(member(range, range.least))) << range.name;
    EXPECT_TRUE(ParseChat(member(range, range.most))) << range.name;
    ExpectWrong(member(range, range.below), range.name + ": expected");
    ExpectWrong(member(range, range.below), ", got " + range.below);
    ExpectWrong(member(range, range.above), ", got " + range.above);
    ExpectWrong(member(range, "1e999"), "");
  }
  ExpectWrong(R"(,"top_k":1.5)", "top_k: expected an integer from 0 to 2147483647, got 1.5");
}

TEST(CompletionRequest, UnknownFieldsAreRefusedByName) {
  ExpectWrong(R"(,"topk":3)", "topk: the engine knows no such field, got 3");
  ExpectWrong(R"(,"typical_p":null)", "typical_p: the engine knows no such field, got null");
  ExpectWrong(R"(,"prompt":"a")", "prompt: the engine knows no such field");
  const auto tokenize = ParseTokenizeRequest(R"({"prompt":"a","add_special":false})");
  ASSERT_FALSE(tokenize);
  EXPECT_THAT(tokenize.error().message, HasSubstr("add_special: the engine knows no such field"));
  const auto embedding = ParseEmbeddingRequest(R"({"input":"a","cut":true})", 384);
  ASSERT_FALSE(embedding);
  EXPECT_THAT(embedding.error().message, HasSubstr("cut: the engine knows no such field"));
}

// OpenAI's fields that change nothing of the answer: some say when it is computed, some nothing.
TEST(CompletionRequest, FieldsWithoutEffectOnTheAnswerAreTaken) {
  const auto request = ParseChat(
      R"(,"user":"u","service_tier":"flex","prompt_cache_key":"k","store":false,
         "prompt_cache_retention":"24h","safety_identifier":"s","metadata":{"a":"b"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->tenant, "u");
  EXPECT_EQ(request->tier, scheduler::Tier::kFlex);
  EXPECT_EQ(request->share_scope, "k");
  ExpectWrong(R"(,"user":7)", "user: expected a string, got 7");
  ExpectWrong(R"(,"prompt_cache_key":["k"])", "prompt_cache_key: expected a string, got [\"k\"]");
  ExpectWrong(R"(,"store":true)", "store: not served by this engine, got true");
}

// What a completion refuses is not counted either, and for the same reason.
TEST(TokenizeRequest, TakesAndRefusesWhatACompletionDoes) {
  for (const std::string_view more :
       {"", R"(,"top_k":3)", R"(,"top_k":-1)", R"(,"topk":3)", R"(,"user":"u")", R"(,"user":7)",
        R"(,"service_tier":"gold")", R"(,"tools":[])", R"(,"max_tokens":0)", R"(,"n":2)",
        R"(,"chat_template_kwargs":{"a":1})", R"(,"response_format":{"type":"text"})"}) {
    for (const auto& [prompt, kind] :
         {std::pair(R"({"messages":[{"role":"user","content":"hi"}])", CompletionKind::kChat),
          std::pair(R"({"prompt":"hi")", CompletionKind::kText)}) {
      const std::string body = prompt + std::string(more) + "}";
      const auto completion = ParseCompletionRequest(body, kind, {});
      const auto tokenize = ParseTokenizeRequest(body);
      ASSERT_EQ(tokenize.has_value(), completion.has_value()) << body;
      if (completion) {
        EXPECT_EQ(tokenize->prompt.index(), completion->prompt.index());
      } else {
        EXPECT_EQ(tokenize.error().message, completion.error().message);
      }
    }
  }
  EXPECT_TRUE(ParseTokenizeRequest(R"({"prompt":"a","tokens":true})")->with_tokens);
  for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "messages: required, but not there"},
           {R"({"prompt":"a","tokens":1})", "tokens: expected true or false, got 1"},
           {R"({"prompt":"a","messages":[]})",
            "prompt: expected only one of messages and prompt"}}) {
    const auto tokenize = ParseTokenizeRequest(body);
    ASSERT_FALSE(tokenize) << body;
    EXPECT_THAT(tokenize.error().message, HasSubstr(message));
  }
}

TEST(CompletionRequest, WhatIsNotServedIsRefused) {
  ExpectWrong(R"(,"n":2)", "n: expected 1");
  ExpectWrong(R"(,"functions":[])", "functions: not served");
  ExpectWrong(R"(,"logit_bias":{"1":2})", "logit_bias: not served");
}

TEST(CompletionRequest, ReadsHowManyLogProbabilitiesAreWanted) {
  EXPECT_EQ(ParseChat("")->top_log_probabilities, std::nullopt);
  EXPECT_EQ(ParseChat(R"(,"logprobs":false)")->top_log_probabilities, std::nullopt);
  EXPECT_EQ(ParseChat(R"(,"logprobs":true)")->top_log_probabilities, 0U);
  EXPECT_EQ(ParseChat(R"(,"logprobs":true,"top_logprobs":20)")->top_log_probabilities, 20U);
  ExpectWrong(R"(,"top_logprobs":2)", "top_logprobs: only taken with \"logprobs\": true, got 2");
  ExpectWrong(R"(,"logprobs":true,"top_logprobs":21)", "an integer from 0 to 20, got 21");
  ExpectWrong(R"(,"logprobs":3)", "logprobs: expected true or false, got 3");
  const auto text = [](std::string_view more) {
    return ParseCompletionRequest(R"({"prompt":"a")" + std::string(more) + "}",
                                  CompletionKind::kText, {});
  };
  EXPECT_EQ(text("")->top_log_probabilities, std::nullopt);
  EXPECT_EQ(text(R"(,"logprobs":0)")->top_log_probabilities, 0U);
  EXPECT_EQ(text(R"(,"logprobs":5)")->top_log_probabilities, 5U);
  EXPECT_THAT(text(R"(,"logprobs":6)").error().message, HasSubstr("from 0 to 5, got 6"));
  EXPECT_THAT(text(R"(,"logprobs":true)").error().message, HasSubstr("logprobs: expected"));
  EXPECT_THAT(text(R"(,"top_logprobs":1)").error().message, HasSubstr("only served with messages"));
}

Result<CompletionRequest> ParseMessages(std::string_view messages) {
  return ParseCompletionRequest(R"({"messages":)" + std::string(messages) + "}",
                                CompletionKind::kChat, {});
}

TEST(CompletionRequest, ReadsMessagesInBothForms) {
  const auto request = ParseMessages(
      R"([{"role":"system","content":"s"},
          {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])");
  ASSERT_TRUE(request);
  const auto& conversation = std::get<Conversation>(request->prompt);
  ASSERT_EQ(conversation.size(), 2U);
  EXPECT_EQ(conversation[0].role, "system");
  EXPECT_EQ(conversation[1].texts, (std::vector<std::string>{"a", "b"}));
}

TEST(CompletionRequest, BadMessagesAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "messages: expected a list of at least one message, got []"},
      {"7", "messages: expected a list"},
      {"[7]", "messages[0]: expected an object, got 7"},
      {R"([{"content":"a"}])", "messages[0].role: required"},
      {R"([{"role":"king","content":"a"}])", "messages[0].role: expected system"},
      {R"([{"role":"user"}])", "messages[0].content: required"},
      {R"([{"role":"user","content":5}])", "messages[0].content: expected a string"},
      {R"([{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}])",
       "messages[0].content[0].type: expected \"text\""},
      {R"([{"role":"user","content":[{"type":"image_url","image_url":{}}]}])",
       "messages[0].content[0].image_url.url: required"},
      {R"([{"role":"user","content":[{"type":"text"}]}])", "messages[0].content[0].text: required"},
  };
  for (const auto& [messages, message] : cases) {
    const auto request = ParseMessages(messages);
    ASSERT_FALSE(request) << messages;
    EXPECT_THAT(request.error().message, HasSubstr(message));
  }
}

TEST(CompletionRequest, ReadsCallsAndTheirResults) {
  const auto request = ParseMessages(
      R"([{"role":"user","content":"q"},
          {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[
             {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
             {"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},
          {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"r"}]}])");
  ASSERT_TRUE(request) << request.error().message;
  const auto& conversation = std::get<Conversation>(request->prompt);
  ASSERT_EQ(conversation.size(), 3U);
  EXPECT_EQ(conversation[1].reasoning, "hm");
  EXPECT_TRUE(conversation[1].texts.empty());
  ASSERT_EQ(conversation[1].tool_calls.size(), 2U);
  EXPECT_EQ(conversation[1].tool_calls[0].id, "c1");
  EXPECT_EQ(conversation[1].tool_calls[0].name, "f");
  EXPECT_EQ(conversation[1].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(conversation[1].tool_calls[1].arguments, "{}");
  EXPECT_EQ(conversation[2].tool_call_id, "c2");
}

TEST(CompletionRequest, BadCallsAreNamed) {
  const auto call = [](const std::string& inner) {
    return R"([{"role":"assistant","tool_calls":[)" + inner + "]}]";
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([{"role":"assistant","tool_calls":[]}])",
       "messages[0].tool_calls: expected a list of at"},
      {call("7"), "messages[0].tool_calls[0]: expected an object, got 7"},
      {call(R"({"function":{}})"), "messages[0].tool_calls[0].id: required"},
      {call(R"({"id":"a","function":{"arguments":"{}"}})"), ".function.name: required"},
      {call(R"({"id":"a","function":{"name":"f"}})"), ".function.arguments: required"},
      {call(R"({"id":"a","function":{"name":"f","arguments":"[1]"}})"),
       ".function.arguments: expected the text of a JSON object, got \"[1]\""},
      {R"([{"role":"user","content":"a","tool_calls":[1]}])", "messages[0].tool_calls: only"},
      {R"([{"role":"tool","content":"a"}])", "messages[0].tool_call_id: required"},
      {R"([{"role":"assistant"}])", "messages[0].content: required"},
  };
  for (const auto& [messages, message] : cases) {
    const auto request = ParseMessages(messages);
    ASSERT_FALSE(request) << messages;
    EXPECT_THAT(request.error().message, HasSubstr(message));
  }
}

constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":
       {"type":"object","properties":{"n":{"type":"number","minimum":1}}}}}])";

TEST(CompletionRequest, ReadsTheFormOfTheAnswer) {
  const auto plain = ParseChat(kTools);
  ASSERT_TRUE(plain) << plain.error().message;
  ASSERT_EQ(plain->form.tools.size(), 1U);
  EXPECT_EQ(plain->form.tools[0].name, "f");
  EXPECT_EQ(plain->form.tools[0].description, "d");
  EXPECT_THAT(plain->form.tools[0].parameters.ToJson(), HasSubstr("minimum"));
  EXPECT_THAT(plain->form.tools[0].enforceable.ToJson(), ::testing::Not(HasSubstr("minimum")));
  EXPECT_EQ(plain->form.choice, ToolChoice::kAuto);
  EXPECT_TRUE(plain->form.parallel_calls);

  const std::string tools(kTools);
  EXPECT_EQ(ParseChat(tools + R"(,"tool_choice":"none")")->form.choice, ToolChoice::kNone);
  EXPECT_EQ(ParseChat(tools + R"(,"tool_choice":"required")")->form.choice, ToolChoice::kRequired);
  const auto named = ParseChat(
      tools +
      R"(,"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false)");
  EXPECT_EQ(named->form.choice, ToolChoice::kRequired);
  EXPECT_EQ(named->form.tool, "f");
  EXPECT_FALSE(named->form.parallel_calls);
  EXPECT_FALSE(ParseChat(R"(,"response_format":{"type":"text"})")->form.schema);
  EXPECT_EQ(ParseChat(R"(,"response_format":{"type":"json_object"})")->form.schema->ToJson(),
            R"({"type":"object"})");
  EXPECT_FALSE(ParseChat(R"(,"chat_template_kwargs":{"enable_thinking":false})")->form.think);
}

TEST(CompletionRequest, AToolThatIsStrictIsHeldToAllOfItsSchema) {
  std::string strict(kTools);
  strict.replace(strict.find("\"name\""), 0, "\"strict\":true,");
  ExpectWrong(strict, "tools[0].function.parameters.properties.n.minimum: the engine cannot hold");
}

TEST(CompletionRequest, FormsThatDoNotGoTogetherAreRefused) {
  const std::string tools(kTools);
  EXPECT_TRUE(ParseChat(tools + R"(,"response_format":{"type":"json_object"})")->form.schema);
  EXPECT_TRUE(
      ParseChat(tools + R"(,"tool_choice":"none","response_format":{"type":"json_object"})"));
  ExpectWrong(R"(,"response_format":{"type":"json_object"},"ignore_eos":true)", "ignore_eos");
  ExpectWrong(R"(,"chat_template_kwargs":{"tools":1})", "chat_template_kwargs.tools: the engine");
}

TEST(CompletionRequest, BadJsonIsAnErrorAndNeverNull) {
  for (const std::string_view body :
       {"", "{", "null", "[]", "{\"messages\":}", "{\"messages\":[],\"messages\":[]}", "\xff"}) {
    EXPECT_FALSE(ParseCompletionRequest(body, CompletionKind::kChat, {})) << body;
  }
}

TEST(CompletionRequest, PromptsAreTextOrTokens) {
  const auto parse = [](std::string_view prompt) {
    return ParseCompletionRequest(R"({"prompt":)" + std::string(prompt) + "}",
                                  CompletionKind::kText, {});
  };
  EXPECT_EQ(std::get<std::string>(parse("\"abc\"")->prompt), "abc");
  EXPECT_EQ(std::get<std::string>(parse("[\"abc\"]")->prompt), "abc");
  EXPECT_EQ(std::get<Tokens>(parse("[1,2]")->prompt), (Tokens{1, 2}));
  EXPECT_FALSE(parse("[]"));
  EXPECT_FALSE(parse("[\"a\",\"b\"]"));
  EXPECT_FALSE(parse("[-1]"));
  EXPECT_FALSE(parse("{}"));
}

TEST(EmbeddingRequest, TakesTextsAndTokens) {
  const auto parse = [](std::string_view input) {
    return ParseEmbeddingRequest(R"({"input":)" + std::string(input) + "}", 384);
  };
  EXPECT_EQ(parse("\"a\"")->inputs.size(), 1U);
  EXPECT_EQ(parse("[\"a\",\"b\"]")->inputs.size(), 2U);
  EXPECT_EQ(std::get<Tokens>(parse("[1,2,3]")->inputs[0]), (Tokens{1, 2, 3}));
  EXPECT_EQ(parse("[[1],[2,3],\"c\"]")->inputs.size(), 3U);
  EXPECT_FALSE(parse("[]"));
  EXPECT_FALSE(parse("[[]]"));
  EXPECT_FALSE(parse("[\"a\",7]"));
  EXPECT_FALSE(ParseEmbeddingRequest("{}", 384));
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input":"a","dimensions":256})", 384));
  EXPECT_TRUE(ParseEmbeddingRequest(R"({"input":"a","dimensions":384})", 384));
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input":"a","encoding_format":"hex"})", 384));
  const auto cut = ParseEmbeddingRequest(R"({"input":"a","truncate":"start","max_tokens":7})", 384);
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->truncation, Truncation::kStart);
  EXPECT_EQ(cut->tokens_max, 7U);
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input":"a","truncate":"middle"})", 384));
  EXPECT_FALSE(ParseEmbeddingRequest(R"({"input":"a","max_tokens":0})", 384));
}

TEST(EmbeddingRequest, Base64IsTheBytesOfTheFloats) {
  const std::vector<std::vector<float>> vectors = {{1.0F, -2.5F}, {0.0F}};
  const auto body = json::Value::Parse(WriteEmbeddings(vectors, true, "m", 3));
  ASSERT_TRUE(body);
  const auto& data = *body->Find("data")->AsArray();
  EXPECT_EQ(*data[0].Find("embedding")->AsString(), "AACAPwAAIMA=");
  EXPECT_EQ(*data[1].Find("embedding")->AsString(), "AAAAAA==");
}

Progress Last() {
  return {.id = 1,
          .ending = Ending::kStopSequence,
          .stop_sequence = "\"END\"",
          .prompt_tokens = 10,
          .cached_tokens = 4,
          .new_tokens = 3};
}

TEST(CompletionWriter, WritesTheWholeAnswer) {
  const CompletionWriter writer(CompletionKind::kChat, "id-1", "mo\"del", 17);
  const auto body = json::Value::Parse(writer.Whole({.reasoning = {}, .text = "a\nb", .calls = {}},
                                                    R"({"content":[]})",
                                                    {.finish_reason = "stop", .last = Last()}));
  ASSERT_TRUE(body) << body.error().message;
  const json::Value& choice = body->Find("choices")->AsArray()->front();
  EXPECT_EQ(*choice.Find("message")->Find("content")->AsString(), "a\nb");
  EXPECT_EQ(choice.Find("logprobs")->ToJson(), R"({"content":[]})");
  EXPECT_EQ(*choice.Find("finish_reason")->AsString(), "stop");
  EXPECT_EQ(*choice.Find("stop_sequence")->AsString(), "\"END\"");
  EXPECT_EQ(body->Find("usage")->ToJson(),
            R"({"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,)"
            R"("prompt_tokens_details":{"cached_tokens":4}})");
}

TEST(CompletionWriter, NamesTheTierThatServesWhereItIsTold) {
  const Progress last = Last();
  const auto whole = [&](std::optional<scheduler::Tier> tier) {
    return CompletionWriter(CompletionKind::kChat, "id", "m", 17, tier)
        .Whole({}, "", {.finish_reason = "stop", .last = last});
  };
  EXPECT_THAT(whole(scheduler::Tier::kPriority), HasSubstr(R"("service_tier":"priority")"));
  EXPECT_THAT(whole(scheduler::Tier::kFlex), HasSubstr(R"("service_tier":"flex")"));
  EXPECT_THAT(whole(scheduler::Tier::kDefault), HasSubstr(R"("service_tier":"default")"));
  EXPECT_EQ(whole(std::nullopt).find("service_tier"), std::string::npos);
}

AnswerContent WithCalls() {
  AnswerContent content;
  content.reasoning = "hm";
  content.calls.push_back({.index = 0, .id = "c1", .name = "f", .arguments = "{\"a\""});
  content.calls.push_back({.index = 1, .id = {}, .name = {}, .arguments = ":1}"});
  return content;
}

TEST(CompletionWriter, WritesCallsWhole) {
  const CompletionWriter writer(CompletionKind::kChat, "id", "m", 17);
  const Progress last = Last();
  const auto body = json::Value::Parse(
      writer.Whole(WithCalls(), "", {.finish_reason = "tool_calls", .last = last}));
  ASSERT_TRUE(body);
  const json::Value& choice = body->Find("choices")->AsArray()->front();
  EXPECT_EQ(*choice.Find("finish_reason")->AsString(), "tool_calls");
  EXPECT_EQ(choice.Find("logprobs"), nullptr);
  const json::Value& message = *choice.Find("message");
  EXPECT_TRUE(message.Find("content")->is_null());
  EXPECT_EQ(*message.Find("reasoning_content")->AsString(), "hm");
  EXPECT_EQ(message.Find("tool_calls")->AsArray()->front().ToJson(),
            R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\""}})");
}

TEST(CompletionWriter, WritesCallsPieceByPiece) {
  const CompletionWriter writer(CompletionKind::kChat, "id", "m", 17);
  std::string stream;
  writer.AppendContent(WithCalls(), R"({"content":[1]})", stream);
  EXPECT_THAT(stream,
              HasSubstr(R"("delta":{"reasoning_content":"hm"},"logprobs":{"content":[1]},)"));
  EXPECT_EQ(stream.find("logprobs"), stream.rfind("logprobs"));
  EXPECT_THAT(stream, HasSubstr(R"("delta":{"tool_calls":[{"index":0,"id":"c1","type":"function",)"
                                R"("function":{"name":"f","arguments":"{\"a\""}}]})"));
  EXPECT_THAT(stream, HasSubstr(R"("delta":{"tool_calls":[{"index":1,)"
                                R"("function":{"arguments":":1}"}}]})"));
}

TEST(CompletionWriter, OpensWithTheCountOfThePromptWhereItIsAskedFor) {
  const CompletionWriter writer(CompletionKind::kChat, "id", "m", 17);
  std::string counted;
  writer.AppendOpening(7, counted);
  EXPECT_THAT(counted, HasSubstr(R"("finish_reason":null}],"usage":{"prompt_tokens":7,)"
                                 R"("completion_tokens":0,"total_tokens":7}})"));
  std::string plain;
  writer.AppendOpening(std::nullopt, plain);
  EXPECT_EQ(plain.find("usage"), std::string::npos);
}

TEST(CompletionWriter, EveryChunkOfAStreamIsAnObject) {
  for (const CompletionKind kind : {CompletionKind::kChat, CompletionKind::kText}) {
    const CompletionWriter writer(kind, "id-1", "model", 17);
    std::string stream;
    writer.AppendOpening(std::nullopt, stream);
    writer.AppendContent({.reasoning = {}, .text = "x\ny", .calls = {}}, R"({"content":[1]})",
                         stream);
    const Progress last = Last();
    writer.AppendEnding({.finish_reason = "stop", .last = last}, R"({"content":[2]})", true,
                        stream);
    std::vector<std::string> events;
    for (size_t at = 0; at < stream.size();) {
      const size_t end = stream.find("\n\n", at);
      ASSERT_NE(end, std::string::npos);
      ASSERT_TRUE(stream.substr(at).starts_with("data: "));
      events.push_back(stream.substr(at + 6, end - at - 6));
      at = end + 2;
    }
    EXPECT_EQ(events.back(), "[DONE]");
    events.pop_back();
    for (const std::string& event : events) EXPECT_TRUE(json::Value::Parse(event)) << event;
    const size_t count = events.size();
    EXPECT_THAT(events[count - 3], HasSubstr(R"("logprobs":{"content":[1]},"finish_reason":null)"));
    EXPECT_THAT(events[count - 2],
                HasSubstr(R"("logprobs":{"content":[2]},"finish_reason":"stop")"));
    EXPECT_THAT(events.back(), HasSubstr("\"choices\":[],\"usage\""));
    EXPECT_EQ(events.size(), kind == CompletionKind::kChat ? 4U : 3U);
  }
}

TEST(MetricsPage, HistogramsAreCumulative) {
  Counters counters;
  counters.new_tokens = 42;
  counters.step_rows.Add(1);
  counters.step_rows.Add(3);
  counters.step_rows.Add(1000);
  const std::string page = MetricsPage(counters, nullptr, 3);
  EXPECT_THAT(page, HasSubstr("\nbedplate_engine_new_tokens_total 42\n"));
  EXPECT_THAT(page, HasSubstr("step_rows_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("step_rows_bucket{le=\"4\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("step_rows_bucket{le=\"512\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("step_rows_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("step_rows_sum 1004\n"));
  EXPECT_THAT(page, HasSubstr("\nbedplate_engine_computing_threads 3\n"));
}

}  // namespace
}  // namespace bedplate::engine
