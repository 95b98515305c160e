#include "models/formats/anthropic_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/base64.h"
#include "models/citations/citation_json.h"
#include "models/citations/sources.h"

namespace bedplate::models {
namespace {

bool ReadEnabled(Members& block) {
  const json::Value* value = block.Any("citations");
  if (value == nullptr || value->is_null()) return false;
  Members citations(*value, block.PointerOf("citations"), block.malformed());
  const bool enabled = citations.Boolean("enabled").value_or(false);
  citations.Finish();
  return enabled;
}

// Text blocks, at least one.
void ReadTexts(const json::Value::Array& blocks, const std::string& pointer,
               MalformedInput& malformed, std::vector<std::string>& texts) {
  if (blocks.empty()) malformed.Add(pointer, "expected minimum item count: 1, found: 0");
  for (size_t i = 0; i < blocks.size(); ++i) {
    Members block(blocks[i], fmt::format("{}/{}", pointer, i), malformed);
    const std::string* type = block.NeedText("type");
    if (type != nullptr && *type != "text") {
      block.NotInEnum("type", *type);
      continue;
    }
    if (const std::string* text = block.NeedNonEmptyText("text")) texts.push_back(*text);
    TakeNoCitations(block);
    block.Finish();
  }
}

// A text, or text blocks.
void ReadChunks(Members& source, std::vector<std::string>& texts) {
  const json::Value* content = source.Any("content");
  if (content == nullptr) {
    source.Missing("content");
  } else if (const std::string* text = content->AsString()) {
    texts.push_back(*text);
  } else if (const json::Value::Array* blocks = content->AsArray()) {
    ReadTexts(*blocks, source.PointerOf("content"), source.malformed(), texts);
  } else {
    source.malformed().WrongType(source.PointerOf("content"), "JSONArray", *content);
  }
}

void ReadMediaType(Members& source, std::string_view only) {
  const std::string* media_type = source.NeedText("media_type");
  if (media_type != nullptr && *media_type != only) source.NotInEnum("media_type", *media_type);
}

bool ReadDocumentSource(Members& source, ChatSource& document) {
  const std::string* type = source.NeedText("type");
  if (type == nullptr) return false;
  if (*type == "text") {
    ReadMediaType(source, "text/plain");
    if (const std::string* data = source.NeedNonEmptyText("data")) {
      document.content.push_back(*data);
    }
  } else if (*type == "content") {
    document.kind = ChatSource::Kind::kChunks;
    ReadChunks(source, document.content);
  } else if (*type == "base64") {
    document.kind = ChatSource::Kind::kPdf;
    ReadMediaType(source, "application/pdf");
    const std::string* data = source.NeedNonEmptyText("data");
    if (data != nullptr && !AppendFromBase64(document.content.emplace_back(), *data)) {
      source.malformed().Add(source.PointerOf("data"), "is no base64");
    }
  } else {
    source.NotInEnum("type", *type);  // `url` and `file` are what Anthropic's own server fetches
    return false;
  }
  source.Finish();
  return !document.content.empty();
}

// In the request's order.
std::vector<const ChatSource*> SourcesOf(const ChatRequest& request) {
  std::vector<const ChatSource*> sources;
  for (const ChatTurn& turn : request.turns) {
    for (const ChatPart& part : turn.parts) {
      if (const auto* source = std::get_if<ChatSource>(&part)) sources.push_back(source);
    }
  }
  std::ranges::sort(sources, {}, &ChatSource::order);
  return sources;
}

}  // namespace

std::optional<ChatSource> ReadAnthropicDocument(Members& block) {
  ChatSource document;
  if (const std::string* title = block.Text("title")) document.title = *title;
  if (const std::string* context = block.Text("context")) document.context = *context;
  document.citations = ReadEnabled(block);
  const json::Value* object = block.NeedObject("source");
  if (object == nullptr) return std::nullopt;
  Members source(*object, block.PointerOf("source"), block.malformed());
  if (!ReadDocumentSource(source, document)) return std::nullopt;
  return document;
}

std::optional<ChatSource> ReadAnthropicSearchResult(Members& block) {
  ChatSource result{.kind = ChatSource::Kind::kSearchResult};
  const std::string* title = block.NeedNonEmptyText("title");
  const std::string* source = block.NeedNonEmptyText("source");
  result.citations = ReadEnabled(block);
  if (const json::Value::Array* content = block.NeedArray("content")) {
    ReadTexts(*content, block.PointerOf("content"), block.malformed(), result.content);
  }
  if (title == nullptr || source == nullptr || result.content.empty()) return std::nullopt;
  result.title = *title;
  result.source = *source;
  return result;
}

std::vector<ChatCitation> ReadAnthropicCitations(Members& block) {
  std::vector<ChatCitation> citations;
  const json::Value* value = block.Any("citations");
  if (value == nullptr || value->is_null()) return citations;
  const std::string pointer = block.PointerOf("citations");
  const json::Value::Array* array = value->AsArray();
  if (array == nullptr) {
    block.malformed().WrongType(pointer, "JSONArray", *value);
    return citations;
  }
  for (size_t i = 0; i < array->size(); ++i) {
    const std::string place = fmt::format("{}/{}", pointer, i);
    auto citation = ReadCitation((*array)[i]);
    if (!citation) {
      block.malformed().Add(place, citation.error());
    } else if (!*citation) {
      const json::Value* type = (*array)[i].Find("type");
      block.malformed().NotInEnum(place + "/type", type == nullptr ? "" : type->ToJson());
    } else {
      citations.push_back(std::move(**citation));
    }
  }
  return citations;
}

void TakeNoCitations(Members& block) {
  const json::Value* citations = block.Any("citations");
  if (citations == nullptr || citations->is_null()) return;
  if (citations->AsArray() != nullptr && citations->AsArray()->empty()) return;
  block.malformed().Add(block.PointerOf("citations"), "are of an assistant's text alone");
}

void CheckAnthropicSources(const ChatRequest& request, const NativeCall& call,
                           MalformedInput& malformed) {
  CitationRule rule;
  std::array<size_t, 2> counts{};
  for (const ChatSource* source : SourcesOf(request)) {
    const bool document = source->IsDocument();
    const std::string_view kind = document ? "document" : "search_result";
    const std::string place = fmt::format("{} {}", kind, counts[document ? 0 : 1]++);
    if (const auto other = rule.Add(document, source->citations, place)) {
      malformed.Add("/messages",
                    fmt::format("citations/enabled is {} of {} and {} of {}: it must be the same "
                                "of each {}",
                                !source->citations, *other, source->citations, place, kind));
      return;
    }
    if (source->kind == ChatSource::Kind::kPdf && !call.takes_sources) {
      malformed.Add("/messages",
                    fmt::format("the source of {} is of the type base64, which is not supported "
                                "by this model: send its text",
                                place));
      return;
    }
  }
  if (!call.takes_sources) {
    if (auto ok = CheckSourceWords(request); !ok) malformed.Add("/messages", ok.error().message);
  }
  if (rule.any_enabled() && request.output_schema) {
    malformed.Add("/output_config/format", "is not supported together with citations");
  }
}

}  // namespace bedplate::models
