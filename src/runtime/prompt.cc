#include "runtime/prompt.h"

#include <fmt/format.h>

#include <utility>

#include "models/cache_points.h"
#include "models/citations/source_order.h"
#include "models/citations/sources.h"
#include "runtime/document_blocks.h"
#include "runtime/document_text.h"

namespace bedplate::runtime {
namespace {

models::ChatSource ToSource(SearchResultBlock&& result) {
  return {.kind = models::ChatSource::Kind::kSearchResult,
          .title = std::move(result.title),
          .source = std::move(result.source),
          .content = std::move(result.content),
          .citations = result.citations};
}

// A text, unless it may be cited.
Result<models::ChatPart> ToPart(DocumentBlock&& document, const std::string& place) {
  if (document.citations) {
    auto source = ToSource(std::move(document), place);
    if (!source) return std::unexpected(std::move(source.error()));
    return std::move(*source);
  }
  auto text = RenderDocument(document, place);
  if (!text) return std::unexpected(std::move(text.error()));
  return std::move(*text);
}

// What becomes of one message: a turn of its own, after the turns of its tool results.
class MessageTurns {
 public:
  MessageTurns(models::ChatRequest& request, models::ChatRole role, size_t index)
      : request_(request), index_(index), sources_(request.turns.size()) {
    turn_.role = role;
  }

  Result<void> Add(ContentBlock&& block, size_t block_index) {
    if (auto* text = std::get_if<TextBlock>(&block)) {
      AddText(std::move(text->text));
    } else if (auto* image = std::get_if<ImageBlock>(&block)) {
      AddImage(std::move(*image));
    } else if (auto* use = std::get_if<ToolUseBlock>(&block)) {
      turn_.tool_calls.push_back({.id = std::move(use->id),
                                  .name = std::move(use->name),
                                  .arguments = std::move(use->input)});
    } else if (const auto* point = std::get_if<CachePointBlock>(&block)) {
      AddCachePoint(point->ttl);
    } else if (auto* reasoning = std::get_if<ReasoningBlock>(&block)) {
      turn_.reasoning.push_back({.text = std::move(reasoning->text),
                                 .signature = std::move(reasoning->signature),
                                 .redacted = std::move(reasoning->redacted)});
    } else if (auto* result = std::get_if<ToolResultBlock>(&block)) {
      return AddToolResult(std::move(*result), block_index);
    } else if (auto* found = std::get_if<SearchResultBlock>(&block)) {
      AddPart(ToSource(std::move(*found)));
    } else if (auto* cited = std::get_if<models::ChatCitedText>(&block)) {
      AddPart(std::move(*cited));
    } else {
      auto part = ToPart(std::move(std::get<DocumentBlock>(block)),
                         fmt::format("messages.{}.content.{}", index_, block_index));
      if (!part) return std::unexpected(std::move(part.error()));
      if (auto* text_of = std::get_if<std::string>(&*part)) {
        AddText(std::move(*text_of));
      } else {
        AddPart(std::move(*part));
      }
    }
    return {};
  }

  void Finish() {
    EndTextPart();
    models::JoinTexts(turn_);
    const bool empty = turn_.text.empty() && turn_.parts.empty() && turn_.tool_calls.empty() &&
                       turn_.reasoning.empty();
    if (!empty) request_.turns.push_back(std::move(turn_));
  }

 private:
  void AddText(std::string text) {
    if (text_.empty()) {
      text_ = std::move(text);
    } else {
      text_ += '\n';
      text_ += text;
    }
  }

  // Behind tool results alone it stands behind the last of their turns.
  void AddCachePoint(models::CacheTtl ttl) {
    EndTextPart();
    if (!turn_.parts.empty()) {
      turn_.cache_points.push_back({.at = turn_.parts.size(), .ttl = ttl});
    } else if (turn_.tool_calls.empty() && !request_.turns.empty()) {
      models::ChatTurn& last = request_.turns.back();
      const size_t end = last.parts.empty() ? last.text.size() : last.parts.size();
      last.cache_points.push_back({.at = end, .ttl = ttl});
    }
  }

  void EndTextPart() {
    if (!text_.empty()) turn_.parts.emplace_back(std::exchange(text_, {}));
  }

  void AddPart(models::ChatPart&& part) {
    EndTextPart();
    sources_.Take(part);
    turn_.parts.push_back(std::move(part));
  }

  void AddImage(ImageBlock&& image) {
    AddPart(
        models::ChatImage{.media_type = "image/" + image.format, .bytes = std::move(image.bytes)});
  }

  // A tool's turn has text alone in OpenAI's protocol: its images come in the user's turn.
  Result<void> AddToolResult(ToolResultBlock&& result, size_t block_index) {
    models::ChatTurn turn;
    turn.role = models::ChatRole::kTool;
    turn.tool_failed = result.failed;
    for (size_t i = 0; i < result.content.size(); ++i) {
      ToolResultPart& part = result.content[i];
      if (auto* image = std::get_if<ImageBlock>(&part)) {
        AddText(fmt::format("Image in the result of tool call {}:", result.tool_use_id));
        AddImage(std::move(*image));
        continue;
      }
      if (auto* text = std::get_if<TextBlock>(&part)) {
        turn.parts.emplace_back(std::move(text->text));
      } else if (auto* json = std::get_if<JsonBlock>(&part)) {
        turn.parts.emplace_back(std::move(json->json));
      } else if (auto* found = std::get_if<SearchResultBlock>(&part)) {
        turn.parts.emplace_back(ToSource(std::move(*found)));
      } else {
        auto document = ToPart(
            std::move(std::get<DocumentBlock>(part)),
            fmt::format("messages.{}.content.{}.toolResult.content.{}", index_, block_index, i));
        if (!document) return std::unexpected(std::move(document.error()));
        turn.parts.push_back(std::move(*document));
      }
      sources_.Take(turn.parts.back());
    }
    models::JoinTexts(turn);
    turn.tool_call_id = std::move(result.tool_use_id);
    request_.turns.push_back(std::move(turn));
    return {};
  }

  models::ChatRequest& request_;
  size_t index_;
  models::SourceNumbers sources_;
  models::ChatTurn turn_;
  std::string text_;  // the text since the last image or cache point
};

Result<void> AddMessage(models::ChatRequest& request, Message&& message, size_t index) {
  const models::ChatRole role =
      message.role == Role::kUser ? models::ChatRole::kUser : models::ChatRole::kAssistant;
  if (message.content.size() == 1) {
    if (auto* only = std::get_if<TextBlock>(&message.content[0])) {
      models::ChatTurn& turn = request.turns.emplace_back();
      turn.role = role;
      turn.text = std::move(only->text);
      return {};
    }
  }
  MessageTurns turns(request, role, index);
  for (size_t i = 0; i < message.content.size(); ++i) {
    if (auto ok = turns.Add(std::move(message.content[i]), i); !ok) return ok;
  }
  turns.Finish();
  return {};
}

}  // namespace

Result<Prompt> BuildPrompt(Conversation&& conversation, bool takes_sources) {
  Prompt prompt;
  models::ChatRequest& request = prompt.request;
  request.turns.reserve(conversation.messages.size() + 1);
  if (!conversation.system.empty()) {
    models::ChatTurn& turn = request.turns.emplace_back();
    turn.role = models::ChatRole::kSystem;
    for (SystemBlock& block : conversation.system) {
      if (const auto* point = std::get_if<CachePointBlock>(&block)) {
        turn.cache_points.push_back({.at = turn.text.size(), .ttl = point->ttl});
        continue;
      }
      std::string& text = std::get<std::string>(block);
      if (turn.text.empty()) {
        turn.text = std::move(text);
      } else {
        turn.text += '\n';
        turn.text += text;
      }
    }
    if (turn.text.empty()) request.turns.pop_back();
  }
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    if (auto ok = AddMessage(request, std::move(conversation.messages[i]), i); !ok) {
      return std::unexpected(std::move(ok.error()));
    }
  }
  request.tools = std::move(conversation.tools);
  request.tool_choice = std::move(conversation.tool_choice);
  request.output_schema = std::move(conversation.output_schema);
  request.tokens_max = conversation.settings.tokens_max;
  request.temperature = conversation.settings.temperature;
  request.top_p = conversation.settings.top_p;
  request.stop_sequences = std::move(conversation.settings.stop_sequences);
  request.service_tier = std::move(conversation.service_tier);
  request.extra_members = std::move(conversation.additional_fields);
  if (!conversation.effort.empty()) {  // a word, which needs no escapes
    request.extra_members.emplace_back("reasoning_effort", '"' + conversation.effort + '"');
  }
  if (takes_sources) return prompt;
  if (auto ok = models::CheckSourceWords(request); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  prompt.cited = models::RenderSources(request);
  return prompt;
}

size_t SourceBytes(const Conversation& conversation) {
  size_t bytes = 0;
  [[maybe_unused]] auto never_fails =
      ForEachDocument(conversation, [&](const DocumentBlock& document, const std::string&) {
        bytes += document.bytes.size();
        return Result<void>();
      });
  never_fails =
      ForEachSearchResult(conversation, [&](const SearchResultBlock& result, const std::string&) {
        for (const std::string& text : result.content) bytes += text.size();
        return Result<void>();
      });
  return bytes;
}

}  // namespace bedplate::runtime
