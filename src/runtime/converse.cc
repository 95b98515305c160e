#include "runtime/converse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "models/cache_points.h"
#include "models/citations/answer_citer.h"
#include "models/protocol/chat_request.h"
#include "models/protocol/chat_response.h"
#include "runtime/conversation_rules.h"
#include "runtime/count_tokens.h"
#include "runtime/document_blocks.h"
#include "runtime/outcome.h"
#include "runtime/prompt.h"
#include "runtime/read_images.h"
#include "runtime/response_fields.h"
#include "runtime/service_tier.h"
#include "runtime/source_reading.h"
#include "runtime/tool_calls.h"

namespace bedplate::runtime {
namespace {

// Documents and search results below this are turned into text where they are; above it the work
// would be felt by the other connections of the reactor.
constexpr size_t kInlineSourceBytesMax = 64 << 10;

Result<void> CheckChatModel(const models::Model& model) {
  if (model.facts.use() == models::Use::kText) return {};
  return Fail(
      Fault::kValidation,
      fmt::format("This action doesn't support the model that you provided. Try again with a "
                  "supported text or chat model. {} makes {}.",
                  model.facts.id, model.facts.MakesEmbeddings() ? "embeddings" : "rankings"));
}

// Redacted thoughts are for the provider that sealed them, and are text in its protocol.
Result<void> CheckRedacted(const Conversation& conversation, const models::Model& model) {
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    const auto& content = conversation.messages[i].content;
    for (size_t j = 0; j < content.size(); ++j) {
      const auto* block = std::get_if<ReasoningBlock>(&content[j]);
      if (block == nullptr || block->redacted.empty()) continue;
      const bool text =
          std::ranges::all_of(block->redacted, [](char c) { return c > ' ' && c <= '~'; });
      if (text && model.SpeaksMessages()) continue;
      return Fail(Fault::kValidation,
                  fmt::format("This model doesn't support the reasoningContent.redactedContent "
                              "content block that you provided at messages.{}.content.{}. Update "
                              "the content block and try again.",
                              i, j));
    }
  }
  return {};
}

// What the model's server would refuse in words of its own protocol.
Result<void> CheckEffort(const Conversation& conversation, const models::Model& model) {
  const std::string& effort = conversation.effort;
  if (effort != "xhigh" && effort != "max") return {};
  if (!std::holds_alternative<models::LocalWeights>(model.binding)) return {};
  return Fail(Fault::kValidation,
              fmt::format("This model doesn't support the {} effort that you provided at "
                          "outputConfig.effort. Use low, medium or high and try again.",
                          effort));
}

// A server of Anthropic's protocol cites a PDF by its pages, if it gets the file.
void KeepFiles(Conversation& conversation) {
  [[maybe_unused]] const auto never_fails =
      ForEachDocument(conversation, [](DocumentBlock& document, const std::string&) {
        document.as_file = document.citations && document.format == "pdf";
        return Result<void>();
      });
}

}  // namespace

net::Task<Result<Prompt>> Converser::Prepare(const models::Model& model, Conversation conversation,
                                             ByteBudget::Share& held) {
  if (auto ok = CheckChatModel(model); !ok) co_return std::unexpected(std::move(ok.error()));
  if (auto ok = CheckConversation(conversation, model.facts); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckRedacted(conversation, model); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckEffort(conversation, model); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckTier(conversation.service_tier, "serviceTier.type", model); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckFieldPaths(conversation.response_field_paths); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (const std::string image = FirstImage(conversation); !image.empty()) {
    const auto pixels = NeedsPixels(model, image);
    if (!pixels) co_return std::unexpected(pixels.error());
    if (*pixels) {
      auto read = co_await ReadImages(images_, image_pool_, conversation, held);
      if (!read) co_return std::unexpected(std::move(read.error()));
    }
  }
  const bool takes_sources = model.SpeaksMessages();
  if (takes_sources) KeepFiles(conversation);
  auto prompt = co_await Build(std::move(conversation), takes_sources);
  if (prompt && !models::TakesCachePoints(model)) models::DropCachePoints(prompt->request);
  co_return prompt;
}

net::Task<Result<Prompt>> Converser::Build(Conversation conversation, bool takes_sources) {
  if (SourceBytes(conversation) <= kInlineSourceBytesMax && !HasParsedDocuments(conversation)) {
    co_return BuildPrompt(std::move(conversation), takes_sources);
  }
  if (HasParsedDocuments(conversation)) {
    auto read = co_await document_pool_.Run(
        [&](const std::stop_token& stop) { return documents_.ReadAll(conversation, stop); });
    if (!read) co_return std::unexpected(std::move(read.error()));
  }
  co_return co_await pool_.Run([&] { return BuildPrompt(std::move(conversation), takes_sources); });
}

net::Task<Result<Answer>> Converser::Converse(models::ModelPtr model, Conversation conversation) {
  const MonotonicTime started = clock_.Monotonic();
  const std::vector<std::string> paths = conversation.response_field_paths;
  const bool own_cache = HasCachePoints(conversation) && !models::TakesCachePoints(*model);
  ByteBudget::Share held;
  auto prompt = co_await Prepare(*model, std::move(conversation), held);
  if (!prompt) co_return std::unexpected(std::move(prompt.error()));
  models::ChatRequest* const request = &prompt->request;
  std::string body = models::WriteChatRequest(*request, models::UpstreamName(*model), false);
  request->turns = {};  // while the model computes its images would be held twice
  auto reply = co_await client_.Post(*model, models::Route::kChat, std::move(body));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  auto answer = models::ReadChatAnswer(reply->body);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (own_cache) models::CountOwnCache(answer->usage);
  auto cited = co_await CiteAnswer(pool_, std::move(prompt->cited), *answer);
  if (!cited) co_return std::unexpected(std::move(cited.error()));
  Answer result;
  for (models::ChatReasoning& block : answer->reasoning) {
    if (block.text.empty() && block.signature.empty() && block.redacted.empty()) continue;
    result.reasoning.push_back({.text = std::move(block.text),
                                .signature = std::move(block.signature),
                                .redacted = std::move(block.redacted)});
  }
  ToolUses uses = ToToolUses(std::move(answer->tool_calls));
  result.tool_uses = std::move(uses.blocks);
  // Space before a call is no text: Converse would refuse it as a part of the next request.
  const bool any_call = !result.tool_uses.empty() || uses.malformed;
  if (!any_call || !IsBlank(answer->text)) {
    result.text = std::move(answer->text);
    result.cited = std::move(answer->cited);
  }
  result.outcome.stop_reason = ToStopReason({.finish = answer->finish.reason,
                                             .any_tool_use = !result.tool_uses.empty(),
                                             .malformed_tool_use = uses.malformed},
                                            answer->usage, request->tokens_max, reply->facts);
  result.outcome.usage = ToUsage(answer->usage);
  if (!paths.empty()) {
    const std::string extra = StopSequenceField(answer->finish);
    const std::array<std::string_view, 2> answers = {reply->body, extra};
    result.outcome.additional_response_fields = SelectFields(paths, answers);
  }
  result.outcome.service_tier = std::move(answer->service_tier);
  result.outcome.latency_ms = MillisecondsSince(started, clock_);
  co_return result;
}

net::Task<Result<AnswerStream>> Converser::ConverseStream(models::ModelPtr model,
                                                          Conversation conversation) {
  const MonotonicTime started = clock_.Monotonic();
  AnswerTerms terms{.response_field_paths = conversation.response_field_paths,
                    .own_cache = HasCachePoints(conversation) && !models::TakesCachePoints(*model)};
  ByteBudget::Share held;
  auto prompt = co_await Prepare(*model, std::move(conversation), held);
  if (!prompt) co_return std::unexpected(std::move(prompt.error()));
  models::ChatRequest* const request = &prompt->request;
  terms.tokens_max = request->tokens_max;
  terms.tools = !request->tools.empty();
  std::string body = models::WriteChatRequest(*request, models::UpstreamName(*model), true);
  request->turns = {};  // as in Converse
  auto events = co_await client_.Open(*model, std::move(body));
  if (!events) co_return std::unexpected(std::move(events.error()));
  auto index = co_await IndexSources(pool_, std::move(prompt->cited));
  if (!index) co_return std::unexpected(std::move(index.error()));
  co_return AnswerStream(
      std::move(*events), clock_, started, std::move(terms),
      *index ? std::make_unique<models::AnswerCiter>(std::move(*index)) : nullptr);
}

net::Task<Result<int64_t>> Converser::CountTokens(models::ModelPtr model,
                                                  Conversation conversation) {
  ByteBudget::Share held;
  auto prompt = co_await Prepare(*model, std::move(conversation), held);
  if (!prompt) co_return std::unexpected(std::move(prompt.error()));
  co_return co_await AskTokenCount(
      client_, *model,
      models::WriteTokenizeRequest(prompt->request, models::UpstreamName(*model),
                                   TokenizeMembersFor(*model)));
}

}  // namespace bedplate::runtime
