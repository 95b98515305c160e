// The operations as the dispatcher calls them, with a stand-in model behind them.
#include "services/bedrock_runtime/service.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "bedrock_runtime/ops/Converse.h"
#include "bedrock_runtime/ops/ConverseStream.h"
#include "bedrock_runtime/ops/CountTokens.h"
#include "bedrock_runtime/ops/InvokeModel.h"
#include "bedrock_runtime/ops/InvokeModelWithBidirectionalStream.h"
#include "bedrock_runtime/ops/InvokeModelWithResponseStream.h"
#include "services/bedrock_runtime/testing/service_stand.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using models::FakeExchange;
using models::FakeRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(ServiceTest, ConversesAndEchoesTheServiceTier) {
  Answer(kHello);
  auto request = Asking<gen::ConverseRequest>();
  auto& config = request.inferenceConfig.emplace();
  config.maxTokens = 7;
  config.temperature = 0.7f;
  config.topP = 0.9f;
  config.stopSequences = std::vector<std::string>{"END"};
  request.additionalModelRequestFields = wire::Document::FromValidJson(R"({"top_k":3})");
  request.additionalModelResponseFieldPaths = std::vector<std::string>{"/id"};
  request.performanceConfig.emplace().latency = gen::PerformanceConfigLatency::kStandard;
  request.serviceTier.emplace().type = gen::ServiceTierType::kDefault;
  auto response = Converse(std::move(request));
  ASSERT_TRUE(response) << response.error().message;
  const gen::Message& message = *response->output->message;
  EXPECT_TRUE(*message.role == gen::ConversationRole::kAssistant);
  EXPECT_EQ(*message.content->at(0).text, "Hello");
  EXPECT_TRUE(*response->stopReason == gen::StopReason::kStopSequence);
  EXPECT_EQ(*response->usage->inputTokens, 5);
  EXPECT_EQ(*response->usage->outputTokens, 2);
  EXPECT_EQ(*response->usage->totalTokens, 7);
  EXPECT_EQ(*response->usage->cacheReadInputTokens, 0);
  EXPECT_TRUE(response->metrics->latencyMs.has_value());
  EXPECT_EQ(response->additionalModelResponseFields->json(), R"({"id":"c1"})");
  EXPECT_TRUE(*response->performanceConfig->latency == gen::PerformanceConfigLatency::kStandard);
  EXPECT_TRUE(*response->serviceTier->type == gen::ServiceTierType::kDefault);
  EXPECT_THAT(seen_.body, HasSubstr(R"("max_tokens":7,"temperature":0.7,"top_p":0.9,)"
                                    R"("stop":["END"],"service_tier":"default","top_k":3)"));
}

TEST_F(ServiceTest, AnswersNothingWithNoBlock) {
  Answer(R"({"choices":[{"message":{"content":""},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":5,"completion_tokens":0}})");
  auto response = Converse(Asking<gen::ConverseRequest>());
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->output->message->content->empty());
}

TEST_F(ServiceTest, RefusesModelsItDoesNotKnow) {
  Answer(kHello);
  EXPECT_EQ(Refusal([](auto& request) { request.modelId = std::string("x.y"); }),
            "The provided model identifier is invalid. There is no model 'x.y' in this account and "
            "region.");
  EXPECT_EQ(fault_, Fault::kValidation);
}

TEST_F(ServiceTest, RefusesContentByNameAndPlace) {
  Answer(kHello);
  auto refusal = [this](auto set) {
    return Refusal([&](gen::ConverseRequest& request) {
      set(request.messages->at(0).content->emplace_back());
    });
  };
  EXPECT_EQ(refusal([](gen::ContentBlock& block) {
              block.image.emplace().format = gen::ImageFormat::kPng;
              block.image->source.emplace().bytes = wire::Blob{.bytes = "x"};
            }),
            "This model doesn't support the image content block that you provided at "
            "messages.0.content.1. Update the content block and try again.");
  EXPECT_THAT(refusal([](auto& block) { block.video.emplace(); }), HasSubstr("video"));
  EXPECT_THAT(refusal([](auto& block) { block.audio.emplace(); }), HasSubstr("audio"));
  EXPECT_THAT(refusal([](auto& block) { block.searchResult.emplace(); }),
              HasSubstr("messages.0.content.1.searchResult is empty"));
  EXPECT_THAT(
      refusal([](auto& block) { block.image.emplace().source.emplace().s3Location.emplace(); }),
      HasSubstr("s3Location field that you provided at messages.0.content.1.image.source"));
  EXPECT_THAT(refusal([](auto& block) {
                block.reasoningContent.emplace().redactedContent = wire::Blob{.bytes = "x"};
              }),
              HasSubstr("reasoningContent"));
  EXPECT_THAT(refusal([](auto& block) { block.citationsContent.emplace(); }),
              HasSubstr("citationsContent"));
  EXPECT_THAT(refusal([](auto& block) { block.toolAddition.emplace(); }),
              HasSubstr("toolAddition"));
  EXPECT_THAT(refusal([](auto& block) { block.toolRemoval.emplace(); }), HasSubstr("toolRemoval"));
  EXPECT_THAT(
      refusal([](auto& block) { block.toolUse.emplace().type = gen::ToolUseType::kServerToolUse; }),
      HasSubstr("the type field that you provided at messages.0.content.1.toolUse"));
  EXPECT_THAT(refusal([](auto& block) {
                block.toolResult.emplace().content.emplace().emplace_back().video.emplace();
              }),
              HasSubstr("video content block that you provided at "
                        "messages.0.content.1.toolResult.content.0"));
  EXPECT_THAT(refusal([](auto& block) { block.guardContent.emplace().image.emplace(); }),
              HasSubstr("guardContent.image"));
  EXPECT_EQ(fault_, Fault::kValidation);
  EXPECT_EQ(stand_.upstream().requests(), 0);
}

TEST_F(ServiceTest, ReadsDocumentsAndGuardedText) {
  Answer(kHello);
  auto request = Asking<gen::ConverseRequest>("Read");
  auto& content = *request.messages->at(0).content;
  gen::DocumentBlock& document = content.emplace_back().document.emplace();
  document.format = gen::DocumentFormat::kTxt;
  document.name = std::string("a");
  document.source.emplace().bytes = wire::Blob{.bytes = "BYTES"};
  gen::DocumentBlock& parts = content.emplace_back().document.emplace();
  parts.name = std::string("b");
  auto& list = parts.source.emplace().content.emplace();
  list.emplace_back().text = std::string("ONE");
  list.emplace_back().text = std::string("TWO");
  content.emplace_back().guardContent.emplace().text.emplace().text = std::string("GUARDED");
  request.system.emplace().emplace_back().guardContent.emplace().text.emplace().text =
      std::string("SYSTEM");
  ASSERT_TRUE(Converse(std::move(request)));
  EXPECT_THAT(seen_.body, HasSubstr(R"({"role":"system","content":"SYSTEM"})"));
  EXPECT_THAT(seen_.body, HasSubstr(R"(Read\n<document name=\"a\">\nBYTES\n</document>\n)"
                                    R"(<document name=\"b\">\nONE\nTWO\n</document>\nGUARDED)"));
}

TEST_F(ServiceTest, TakesNoTextForAFile) {
  Answer(kHello);
  const auto refusal = [this](auto set) {
    return Refusal([&](gen::ConverseRequest& request) {
      auto& document = request.messages->at(0).content->emplace_back().document.emplace();
      document.format = gen::DocumentFormat::kPdf;
      document.name = std::string("a");
      document.citations.emplace().enabled = true;
      set(document.source.emplace());
    });
  };
  EXPECT_THAT(refusal([](auto& source) { source.text = std::string("%PDF-1.4"); }),
              HasSubstr("you provided text at messages.0.content.1.document.source.text"));
  EXPECT_THAT(refusal([](auto& source) {
                auto& list = source.content.emplace();
                list.emplace_back().text = std::string("%PDF-1.4");
                list.emplace_back().text = std::string(1'000, 'x');
              }),
              HasSubstr("you provided text at messages.0.content.1.document.source.content"));
  EXPECT_EQ(fault_, Fault::kValidation);
}

TEST_F(ServiceTest, RefusesWhatIsNotThereYet) {
  Answer(kHello);
  EXPECT_THAT(Refusal([](auto& request) {
                request.guardrailConfig.emplace().guardrailIdentifier = std::string("abc");
              }),
              HasSubstr("The guardrail identifier or version provided in the request does not "
                        "exist. (identifier 'abc'"));
  EXPECT_THAT(Refusal([](auto& request) {
                request.performanceConfig.emplace().latency =
                    gen::PerformanceConfigLatency::kOptimized;
              }),
              HasSubstr("optimized latency"));
  EXPECT_EQ(Refusal([](auto& request) {
              request.serviceTier.emplace().type = gen::ServiceTierType::kReserved;
            }),
            "This model doesn't support the reserved service tier that you provided at "
            "serviceTier.type. Use default, priority or flex and try again.");
  EXPECT_THAT(Refusal([](auto& request) {
                request.serviceTier.emplace().type = gen::ServiceTierType::kFlex;
                request.additionalModelRequestFields =
                    wire::Document::FromValidJson(R"({"service_tier":"flex"})");
              }),
              HasSubstr("The additional field service_tier conflicts"));
  EXPECT_EQ(
      Refusal([](auto& request) { request.outputConfig.emplace().effort = std::string("huge"); }),
      "The value 'huge' at outputConfig.effort is not valid. Use low, medium, high, xhigh or max "
      "and try again.");
  EXPECT_THAT(Refusal([](auto& request) {
                request.outputConfig.emplace().effort = std::string("low");
                request.additionalModelRequestFields =
                    wire::Document::FromValidJson(R"({"reasoning_effort":"low"})");
              }),
              HasSubstr("The additional field reasoning_effort conflicts"));
  EXPECT_THAT(Refusal([](auto& request) {
                request.outputConfig.emplace().textFormat.emplace().structure.emplace();
              }),
              HasSubstr("Set its jsonSchema field"));
  EXPECT_THAT(Refusal([](auto& request) {
                request.additionalModelRequestFields = wire::Document::FromValidJson("[1]");
              }),
              HasSubstr("The format of the value at additionalModelRequestFields is invalid."));
  EXPECT_THAT(Refusal([](auto& request) {
                request.additionalModelRequestFields =
                    wire::Document::FromValidJson(R"({"stream":true})");
              }),
              HasSubstr("The additional field stream conflicts"));
  EXPECT_EQ(stand_.upstream().requests(), 0);
}

gen::ToolConfiguration OneTool() {
  gen::ToolConfiguration config;
  gen::ToolSpecification& spec = config.tools.emplace().emplace_back().toolSpec.emplace();
  spec.name = std::string("get");
  spec.description = std::string("Gets.");
  spec.inputSchema.emplace().json = wire::Document::FromValidJson(R"({"type":"object"})");
  spec.strict = true;
  return config;
}

TEST_F(ServiceTest, ConversesWithTools) {
  Answer(R"({"choices":[{"message":{"content":"Let me see.","reasoning_content":"Hm.",
      "thinking_blocks":[{"type":"thinking","signature":"s"}],"tool_calls":[
      {"id":"c1","function":{"name":"get","arguments":"{\"a\": 1.50}"}},
      {"id":"c2","function":{"name":"get","arguments":""}}]},"finish_reason":"tool_calls"}],
      "usage":{"prompt_tokens":5,"completion_tokens":2}})");
  auto request = Asking<gen::ConverseRequest>();
  request.toolConfig = OneTool();
  request.toolConfig->toolChoice.emplace().tool.emplace().name = std::string("get");
  auto response = Converse(std::move(request));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(*response->stopReason == gen::StopReason::kToolUse);
  const auto& content = *response->output->message->content;
  ASSERT_EQ(content.size(), 4u);
  EXPECT_EQ(*content[0].reasoningContent->reasoningText->text, "Hm.");
  EXPECT_EQ(*content[0].reasoningContent->reasoningText->signature, "s");
  EXPECT_EQ(*content[1].text, "Let me see.");
  EXPECT_EQ(*content[2].toolUse->toolUseId, "c1");
  EXPECT_EQ(*content[2].toolUse->name, "get");
  EXPECT_EQ(content[2].toolUse->input->json(), R"({"a": 1.50})");
  EXPECT_EQ(content[3].toolUse->input->json(), "{}");
  EXPECT_THAT(seen_.body,
              HasSubstr(R"("tools":[{"type":"function","function":{"name":"get",)"
                        R"("description":"Gets.","parameters":{"type":"object"},"strict":true}}],)"
                        R"("tool_choice":{"type":"function","function":{"name":"get"}})"));
}

TEST_F(ServiceTest, TakesItsOwnAnswerBackWithTheResults) {
  Answer(kHello);
  auto request = Asking<gen::ConverseRequest>();
  request.toolConfig = OneTool();
  gen::Message& called = request.messages->emplace_back();
  called.role = gen::ConversationRole::kAssistant;
  auto& blocks = called.content.emplace();
  auto& reasoning = blocks.emplace_back().reasoningContent.emplace().reasoningText.emplace();
  reasoning.text = std::string("Hm.");
  reasoning.signature = std::string("s");
  gen::ToolUseBlock& use = blocks.emplace_back().toolUse.emplace();
  use.toolUseId = std::string("c1");
  use.name = std::string("get");
  use.input = wire::Document::FromValidJson(R"({"a":1})");
  gen::Message& results = request.messages->emplace_back();
  results.role = gen::ConversationRole::kUser;
  gen::ToolResultBlock& result = results.content.emplace().emplace_back().toolResult.emplace();
  result.toolUseId = std::string("c1");
  result.status = gen::ToolResultStatus::kError;
  auto& parts = result.content.emplace();
  parts.emplace_back().text = std::string("no town");
  parts.emplace_back().json = wire::Document::FromValidJson(R"({"code":7})");
  auto response = Converse(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(seen_.body, HasSubstr(R"({"role":"assistant","reasoning_content":"Hm.",)"));
  EXPECT_THAT(seen_.body, HasSubstr(R"("signature":"s"}],"content":null,"tool_calls":[{"id":"c1",)"
                                    R"("type":"function","function":{"name":"get",)"
                                    R"("arguments":"{\"a\":1}"}}]})"));
  EXPECT_THAT(seen_.body, HasSubstr(R"({"role":"tool","content":"Error: no town\n{\"code\":7}",)"
                                    R"("tool_call_id":"c1"})"));
  result.toolUseId = std::string("c2");
  EXPECT_EQ(Converse(request).error().message,
            "Expected toolResult blocks at messages.2.content for the following Ids: c1");
}

TEST_F(ServiceTest, RefusesToolsByNameAndPlace) {
  Answer(kHello);
  const auto refusal = [this](auto set) {
    return Refusal([&](gen::ConverseRequest& request) {
      request.toolConfig = OneTool();
      set(*request.toolConfig, request.toolConfig->tools->emplace_back());
    });
  };
  EXPECT_THAT(refusal([](auto&, gen::Tool& tool) {
                tool.systemTool.emplace().name = std::string("nova_grounding");
              }),
              HasSubstr("the system tool 'nova_grounding' that you provided at "
                        "toolConfig.tools.1.systemTool"));
  EXPECT_THAT(refusal([](auto&, gen::Tool&) {}), HasSubstr("toolConfig.tools.1 has no field"));
  EXPECT_THAT(
      refusal([](auto&, gen::Tool& tool) { tool.toolSpec.emplace().inputSchema.emplace(); }),
      HasSubstr("toolConfig.tools.1.toolSpec.inputSchema.json is invalid"));
  EXPECT_THAT(refusal([](gen::ToolConfiguration& config, gen::Tool& tool) {
                tool = OneTool().tools->at(0);
                tool.toolSpec->name = std::string("put");
                config.toolChoice.emplace();
              }),
              HasSubstr("toolConfig.toolChoice has no field"));
  EXPECT_EQ(fault_, Fault::kValidation);
  EXPECT_EQ(stand_.upstream().requests(), 0);
}

TEST_F(ServiceTest, AsksForAnAnswerThatKeepsToASchema) {
  Answer(kHello);
  auto request = Asking<gen::ConverseRequest>();
  gen::OutputFormat& format = request.outputConfig.emplace().textFormat.emplace();
  format.type = gen::OutputFormatType::kJsonSchema;
  gen::JsonSchemaDefinition& schema = format.structure.emplace().jsonSchema.emplace();
  schema.name = std::string("person");
  schema.schema = std::string(R"({"type":"object"})");
  ASSERT_TRUE(Converse(request));
  EXPECT_THAT(seen_.body,
              HasSubstr(R"("response_format":{"type":"json_schema","json_schema":{"name":"person",)"
                        R"("schema":{"type":"object"},"strict":true}})"));
  request.outputConfig->textFormat->structure->jsonSchema->schema = std::string("{");
  EXPECT_THAT(Converse(request).error().message, HasSubstr("jsonSchema.schema is invalid"));
}

using StreamSink = RecordingSink<gen::ConverseStreamOutput, gen::ConverseStreamResponse>;

// Which member of each event is set.
std::vector<std::string> Kinds(const StreamSink& sink) {
  std::vector<std::string> kinds;
  for (const auto& event : sink.events) {
    if (event.messageStart) kinds.emplace_back("messageStart");
    if (event.contentBlockStart) kinds.emplace_back("contentBlockStart");
    if (event.contentBlockDelta && event.contentBlockDelta->delta->toolUse) {
      kinds.push_back("input:" + *event.contentBlockDelta->delta->toolUse->input);
    } else if (event.contentBlockDelta) {
      kinds.push_back("delta:" + *event.contentBlockDelta->delta->text);
    }
    if (event.contentBlockStop) kinds.emplace_back("contentBlockStop");
    if (event.messageStop) kinds.emplace_back("messageStop");
    if (event.metadata) kinds.emplace_back("metadata");
  }
  return kinds;
}

TEST_F(ServiceTest, StreamsTheEventsThatBedrockSends) {
  stand_.Engine("tokens=2");
  StreamSink sink;
  auto done = stand_.reactors.Run(
      1, service().ConverseStream(call_, Asking<gen::ConverseStreamRequest>(), sink));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(Kinds(sink), ElementsAre("messageStart", "delta:t0 ", "delta:t1 ", "contentBlockStop",
                                       "messageStop", "metadata"));
  EXPECT_TRUE(*sink.events[0].messageStart->role == gen::ConversationRole::kAssistant);
  EXPECT_EQ(*sink.events[1].contentBlockDelta->contentBlockIndex, 0);
  EXPECT_EQ(*sink.events[3].contentBlockStop->contentBlockIndex, 0);
  EXPECT_TRUE(*sink.events[4].messageStop->stopReason == gen::StopReason::kEndTurn);
  EXPECT_EQ(*sink.events[5].metadata->usage->inputTokens, 7);
  EXPECT_EQ(*sink.events[5].metadata->usage->outputTokens, 2);
  EXPECT_TRUE(sink.events[5].metadata->metrics->latencyMs.has_value());
}

TEST_F(ServiceTest, StreamsToolCallsInBlocksOfTheirOwn) {
  stand_.Upstream([](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"choices":[{"delta":{"content":"See."}}]})");
    exchange.Event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function",)"
                   R"("function":{"name":"get","arguments":"{\"a\":"}}]}}]})");
    exchange.Event(
        R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]})");
    exchange.Event(R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}],)"
                   R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
    exchange.Finish();
  });
  auto request = Asking<gen::ConverseStreamRequest>();
  request.toolConfig = OneTool();
  StreamSink sink;
  auto done = stand_.reactors.Run(1, service().ConverseStream(call_, std::move(request), sink));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(Kinds(sink), ElementsAre("messageStart", "delta:See.", "contentBlockStop",
                                       "contentBlockStart", R"(input:{"a":)", "input:1}",
                                       "contentBlockStop", "messageStop", "metadata"));
  EXPECT_EQ(*sink.events[3].contentBlockStart->contentBlockIndex, 1);
  EXPECT_EQ(*sink.events[3].contentBlockStart->start->toolUse->toolUseId, "c1");
  EXPECT_EQ(*sink.events[6].contentBlockStop->contentBlockIndex, 1);
  EXPECT_TRUE(*sink.events[7].messageStop->stopReason == gen::StopReason::kToolUse);
  EXPECT_EQ(*sink.events[8].metadata->usage->inputTokens, 5);
}

TEST_F(ServiceTest, SendsNothingWhenTheModelFailsAtOnce) {
  stand_.Upstream([](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"error":{"message":"no memory"}})");
    exchange.Finish();
  });
  StreamSink sink;
  auto done = stand_.reactors.Run(
      1, service().ConverseStream(call_, Asking<gen::ConverseStreamRequest>(), sink));
  ASSERT_FALSE(done);
  EXPECT_TRUE(sink.events.empty());
}

TEST_F(ServiceTest, EndsAStreamThatBreaksWithTheStreamsError) {
  stand_.Upstream([](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"choices":[{"delta":{"content":"Hel"}}]})");
    exchange.Cut();
  });
  StreamSink sink;
  auto done = stand_.reactors.Run(
      1, service().ConverseStream(call_, Asking<gen::ConverseStreamRequest>(), sink));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kModelStreamError);
  EXPECT_THAT(Kinds(sink), ElementsAre("messageStart", "delta:Hel"));
}

TEST_F(ServiceTest, StopsAskingTheModelWhenTheClientLeft) {
  std::atomic<bool> left = false;
  std::atomic<bool> ended = false;
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    for (int i = 0; i < 1000 && !left; ++i) {
      exchange.Event(R"({"choices":[{"delta":{"content":"x"}}]})");
      left = exchange.ClientLeft(5);
    }
    ended = true;
  });
  StreamSink sink;
  sink.leave_after = 3;
  auto done = stand_.reactors.Run(
      1, service().ConverseStream(call_, Asking<gen::ConverseStreamRequest>(), sink));
  ASSERT_FALSE(done);
  for (int i = 0; i < 5000 && !ended; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(left);
}

TEST_F(ServiceTest, CountsTokensOfBothInputs) {
  Answer(R"({"count":9})");
  gen::CountTokensRequest request;
  request.modelId = std::string("a.b");
  auto& converse = request.input.emplace().converse.emplace();
  converse.messages.emplace().push_back(Said(gen::ConversationRole::kUser, "Hi"));
  auto response = stand_.reactors.Run(1, service().CountTokens(call_, request));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(*response->inputTokens, 9);
  const std::string same = seen_.body;
  converse.toolConfig = OneTool();
  ASSERT_TRUE(stand_.reactors.Run(1, service().CountTokens(call_, request)));
  EXPECT_THAT(seen_.body, HasSubstr(R"("tools":[{"type":"function","function":{"name":"get")"));

  gen::CountTokensRequest native;
  native.modelId = std::string("a.b");
  native.input.emplace().invokeModel.emplace().body =
      wire::Blob{.bytes = R"({"messages":[{"role":"user","content":"Hi"}]})"};
  response = stand_.reactors.Run(1, service().CountTokens(call_, native));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(seen_.body, same);

  gen::CountTokensRequest neither;
  neither.modelId = std::string("a.b");
  neither.input.emplace();
  EXPECT_FALSE(stand_.reactors.Run(1, service().CountTokens(call_, neither)));
}

gen::InvokeModelRequest Invoking() {
  gen::InvokeModelRequest request;
  request.modelId = std::string("a.b");
  request.body = wire::Blob{.bytes = R"({"messages":[{"role":"user","content":"Hi"}]})"};
  return request;
}

TEST_F(ServiceTest, InvokesWithTheCountsInHeaders) {
  Answer(kHello);
  auto request = Invoking();
  request.requestMetadata = std::string(R"({"team":"a b"})");
  request.accept = std::string("*/*");
  auto response = stand_.reactors.Run(1, service().InvokeModel(call_, std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(*response->contentType, "application/json");
  EXPECT_THAT(response->body->bytes, HasSubstr(R"("model":"a.b")"));
  auto header = [this](std::string_view name) {
    auto found = std::ranges::find(call_.response_headers, name,
                                   &std::pair<std::string, std::string>::first);
    return found == call_.response_headers.end() ? "none" : found->second;
  };
  EXPECT_EQ(header("X-Amzn-Bedrock-Input-Token-Count"), "5");
  EXPECT_EQ(header("X-Amzn-Bedrock-Output-Token-Count"), "2");
  EXPECT_NE(header("X-Amzn-Bedrock-Invocation-Latency"), "none");
}

TEST_F(ServiceTest, HoldsInvokeHeadersToTheirRules) {
  Answer(kHello);
  auto refusal = [this](auto change) {
    auto request = Invoking();
    change(request);
    auto response = stand_.reactors.Run(1, service().InvokeModel(call_, std::move(request)));
    return response ? std::string() : response.error().message;
  };
  EXPECT_THAT(refusal([](auto& r) { r.contentType = std::string("text/xml"); }),
              HasSubstr("The Content-Type 'text/xml' isn't supported"));
  EXPECT_THAT(refusal([](auto& r) { r.accept = std::string("image/png"); }),
              HasSubstr("The Accept 'image/png'"));
  EXPECT_EQ(refusal([](auto& r) { r.contentType = std::string("Application/JSON; charset=x"); }),
            "");
  EXPECT_THAT(refusal([](auto& r) { r.guardrailIdentifier = std::string("g"); }),
              HasSubstr("does not exist"));
  for (const char* metadata :
       {"", "[]", "{}", R"({"a":1})", R"({"":"x"})", R"({"a":"<"})", R"({"a":"b")"}) {
    EXPECT_THAT(refusal([&](auto& r) { r.requestMetadata = std::string(metadata); }),
                HasSubstr("X-Amzn-Bedrock-Request-Metadata"))
        << metadata;
  }
}

TEST_F(ServiceTest, StreamsNativeChunks) {
  stand_.Engine("tokens=1");
  gen::InvokeModelWithResponseStreamRequest request;
  request.modelId = std::string("a.b");
  request.body = Invoking().body;
  RecordingSink<gen::ResponseStream, gen::InvokeModelWithResponseStreamResponse> sink;
  auto done = stand_.reactors.Run(
      1, service().InvokeModelWithResponseStream(call_, std::move(request), sink));
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(sink.opened.size(), 1u);
  EXPECT_EQ(*sink.opened[0].contentType, "application/json");
  ASSERT_EQ(sink.events.size(), 3u);
  EXPECT_THAT(sink.events[0].chunk->bytes->bytes, HasSubstr("t0 "));
  EXPECT_THAT(sink.events[2].chunk->bytes->bytes, HasSubstr("amazon-bedrock-invocationMetrics"));
}

using SaidEvent = gen::InvokeModelWithBidirectionalStreamInput;
using TalkSink = RecordingSink<gen::InvokeModelWithBidirectionalStreamOutput,
                               gen::InvokeModelWithBidirectionalStreamResponse>;

// Events that a client sends one after another; at the end it has said all.
class ListedSource final : public wire::EventSource<SaidEvent> {
 public:
  explicit ListedSource(std::vector<std::string> events) : events_(std::move(events)) {}
  net::Task<Result<std::optional<SaidEvent>>> Next() override {
    if (at_ == events_.size()) co_return std::nullopt;
    SaidEvent event;
    event.chunk.emplace().bytes = wire::Blob{.bytes = events_[at_++]};
    co_return event;
  }

 private:
  std::vector<std::string> events_;
  size_t at_ = 0;
};

std::vector<std::string> Asked(std::string_view name, std::string_view text) {
  const auto with = [name](std::string_view event, std::string_view more) {
    return fmt::format(R"({{"event":{{"{}":{{"promptName":"p","contentName":"{}"{}}}}}}})", event,
                       name, more);
  };
  return {with("contentStart", R"(,"type":"TEXT","role":"USER","interactive":true)"),
          with("textInput", fmt::format(R"(,"content":"{}")", text)), with("contentEnd", "")};
}

std::vector<std::string> Session(const std::vector<std::vector<std::string>>& contents) {
  std::vector<std::string> all = {R"({"event":{"sessionStart":{}}})",
                                  R"({"event":{"promptStart":{"promptName":"p"}}})"};
  for (const auto& content : contents) all.insert(all.end(), content.begin(), content.end());
  all.emplace_back(R"({"event":{"promptEnd":{"promptName":"p"}}})");
  all.emplace_back(R"({"event":{"sessionEnd":{}}})");
  return all;
}

gen::InvokeModelWithBidirectionalStreamRequest Talking() {
  gen::InvokeModelWithBidirectionalStreamRequest request;
  request.modelId = std::string("a.b");
  return request;
}

TEST_F(ServiceTest, HoldsAConversationOfTwoTurns) {
  stand_.Upstream([this](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    exchange.Start(200);
    exchange.Event(R"({"choices":[{"delta":{"content":"Hello"}}]})");
    exchange.Event(R"({"choices":[{"delta":{},"finish_reason":"stop"}],)"
                   R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
    exchange.Finish();
  });
  TalkSink sink;
  ListedSource source(Session({Asked("1", "Hi"), Asked("2", "Again")}));
  auto done = stand_.reactors.Run(
      1, service().InvokeModelWithBidirectionalStream(call_, Talking(), source, sink));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(sink.opened.size(), 1u);
  ASSERT_EQ(sink.events.size(), 12u);
  EXPECT_THAT(sink.events[2].chunk->bytes->bytes, HasSubstr(R"("content":"Hello")"));
  EXPECT_THAT(sink.events[10].chunk->bytes->bytes, HasSubstr(R"("totalTokens":14)"));
  EXPECT_THAT(seen_.body, HasSubstr(R"({"role":"user","content":"Hi"},)"
                                    R"({"role":"assistant","content":"Hello"},)"
                                    R"({"role":"user","content":"Again"})"));
  // Each turn is counted, and the log has their sum once.
  ASSERT_EQ(ledger_.Lines().size(), 1u);
  EXPECT_EQ(ledger_.Lines()[0].answers, 2u);
  ASSERT_EQ(call_.notes.size(), 2u);
  EXPECT_EQ(call_.notes[0].name, "input_tokens");
  EXPECT_EQ(call_.notes[0].number, 10);
  EXPECT_EQ(call_.notes[1].number, 4);
}

TEST_F(ServiceTest, EndsAConversationAtTheFirstEventThatIsWrong) {
  stand_.Engine("tokens=1");
  TalkSink sink;
  auto events = Session({Asked("1", "Hi")});
  events.insert(events.begin() + 5, R"({"event":{"audioInput":{}}})");
  ListedSource source(std::move(events));
  auto done = stand_.reactors.Run(
      1, service().InvokeModelWithBidirectionalStream(call_, Talking(), source, sink));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kValidation);
  EXPECT_THAT(done.error().message, HasSubstr("audioInput"));
  EXPECT_EQ(sink.events.size(), 6u);
}

TEST_F(ServiceTest, RefusesAConversationWithAModelThatIsNotThere) {
  stand_.Engine("tokens=1");
  TalkSink sink;
  ListedSource source({});
  auto request = Talking();
  request.modelId = std::string("no.such");
  auto done = stand_.reactors.Run(
      1, service().InvokeModelWithBidirectionalStream(call_, std::move(request), source, sink));
  ASSERT_FALSE(done);
  EXPECT_TRUE(sink.opened.empty());
}

constexpr const char* kGrass = "Grass is green because of the chlorophyll in its leaves.";

// A question with a document that may be cited.
gen::ConverseRequest AskingOf(gen::ConverseRequest request, std::string text) {
  gen::DocumentBlock& document = request.messages->at(0).content->emplace_back().document.emplace();
  document.name = std::string("grass");
  document.context = std::string("botany");
  document.citations.emplace().enabled = true;
  document.source.emplace().text = std::move(text);
  return request;
}

TEST_F(ServiceTest, AnswersWithCitations) {
  Answer(
      fmt::format(R"({{"choices":[{{"message":{{"content":"Well: {}"}},"finish_reason":"stop"}}],)"
                  R"("usage":{{"prompt_tokens":5,"completion_tokens":2}}}})",
                  kGrass));
  auto response = Converse(AskingOf(Asking<gen::ConverseRequest>(), kGrass));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(seen_.body, HasSubstr(R"(<document name=\"grass\">\nContext: botany\nGrass)"));
  const auto& content = *response->output->message->content;
  ASSERT_EQ(content.size(), 2);
  EXPECT_EQ(*content[0].text, "Well: ");
  const gen::CitationsContentBlock& block = *content[1].citationsContent;
  EXPECT_EQ(*block.content->at(0).text, kGrass);
  ASSERT_EQ(block.citations->size(), 1);
  const gen::Citation& citation = block.citations->at(0);
  EXPECT_EQ(*citation.title, "grass");
  EXPECT_FALSE(citation.source);
  EXPECT_EQ(*citation.sourceContent->at(0).text, kGrass);
  EXPECT_EQ(*citation.location->documentChar->documentIndex, 0);
  EXPECT_EQ(*citation.location->documentChar->start, 0);
  EXPECT_EQ(*citation.location->documentChar->end, 56);
  // And goes back as it came: one text again for a server that has no word for it.
  auto again = AskingOf(Asking<gen::ConverseRequest>(), kGrass);
  again.messages->push_back(*response->output->message);
  again.messages->push_back(Said(gen::ConversationRole::kUser, "So?"));
  ASSERT_TRUE(Converse(std::move(again)));
  EXPECT_THAT(seen_.body, HasSubstr(fmt::format(R"("content":"Well: {}"}})", kGrass)));
}

TEST_F(ServiceTest, HandsCitationsOfEveryLocationToAnthropicsServer) {
  Answer(R"({"id":"m","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn",)"
         R"("usage":{"input_tokens":1,"output_tokens":2}})");
  std::get<models::RemoteUpstream>(stand_.model.binding).protocol =
      models::UpstreamProtocol::kAnthropic;
  auto request = Asking<gen::ConverseRequest>();
  gen::SearchResultBlock& result =
      request.messages->at(0).content->emplace_back().searchResult.emplace();
  result.source = std::string("S");
  result.title = std::string("T");
  result.content.emplace().emplace_back().text = std::string("found");
  result.citations.emplace().enabled = true;
  gen::Message answered;
  answered.role = gen::ConversationRole::kAssistant;
  gen::CitationsContentBlock& block =
      answered.content.emplace().emplace_back().citationsContent.emplace();
  block.content.emplace().emplace_back().text = std::string("said");
  auto& citations = block.citations.emplace();
  const auto add = [&](auto set) {
    gen::Citation& citation = citations.emplace_back();
    citation.title = std::string("T");
    citation.sourceContent.emplace().emplace_back().text = std::string("c");
    set(citation.location.emplace());
  };
  const auto place = [](auto& location) {
    location.start = 1;
    location.end = 2;
  };
  const auto document_place = [&](auto& location) {
    location.documentIndex = 0;
    place(location);
  };
  add([&](auto& location) { document_place(location.documentChar.emplace()); });
  add([&](auto& location) { document_place(location.documentPage.emplace()); });
  add([&](auto& location) { document_place(location.documentChunk.emplace()); });
  add([&](auto& location) {
    location.searchResultLocation.emplace().searchResultIndex = 0;
    place(*location.searchResultLocation);
  });
  // Of no document, of no start, and of no end.
  const auto add_partial = [&](auto set) {
    add(set);
    citations.back().sourceContent->at(0).text = std::string("partial");
  };
  add_partial([&](auto& location) { place(location.documentChar.emplace()); });
  add_partial([&](auto& location) { place(location.searchResultLocation.emplace()); });
  add_partial([&](auto& location) {
    document_place(location.documentPage.emplace());
    location.documentPage->start.reset();
  });
  add_partial([&](auto& location) {
    document_place(location.documentChunk.emplace());
    location.documentChunk->end.reset();
  });
  add([&](auto& location) { location.web.emplace().url = std::string("https://w"); });
  citations.emplace_back();  // of no location
  request.messages->push_back(std::move(answered));
  request.messages->push_back(Said(gen::ConversationRole::kUser, "So?"));
  auto response = Converse(std::move(request));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(seen_.body, HasSubstr(R"({"type":"search_result","source":"S","title":"T","content":)"
                                    R"([{"type":"text","text":"found"}],"citations":)"
                                    R"({"enabled":true}})"));
  for (const char* type :
       {"char_location", "page_location", "content_block_location", "search_result_location"}) {
    EXPECT_THAT(seen_.body, HasSubstr(fmt::format(R"({{"type":"{}","cited_text":"c",)", type)));
  }
  EXPECT_THAT(seen_.body, Not(HasSubstr("https://w")));
  EXPECT_THAT(seen_.body, Not(HasSubstr("partial")));
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
