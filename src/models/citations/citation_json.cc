#include "models/citations/citation_json.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/base64.h"

namespace bedplate::models {
namespace {

using json::Value;
using json::Writer;
using Kind = ChatCitation::Kind;

// How a place is spelled.
struct Form {
  Kind kind;
  std::string_view type;
  std::string_view index;
  std::string_view start;
  std::string_view end;
  std::string_view title;
};
constexpr std::array kForms = {
    Form{Kind::kCharacters, "char_location", "document_index", "start_char_index", "end_char_index",
         "document_title"},
    Form{Kind::kPages, "page_location", "document_index", "start_page_number", "end_page_number",
         "document_title"},
    Form{Kind::kChunks, "content_block_location", "document_index", "start_block_index",
         "end_block_index", "document_title"},
    Form{Kind::kSearchResult, "search_result_location", "search_result_index", "start_block_index",
         "end_block_index", "title"},
    Form{Kind::kWeb, "web_search_result_location", "", "", "", "title"},
};

const Form& FormOf(Kind kind) {
  for (const Form& form : kForms) {
    if (form.kind == kind) return form;
  }
  return kForms[0];
}

void WriteText(Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}

// As the API has it where there is none.
void WriteTextOrNull(Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  if (text.empty()) {
    writer.Null();
  } else {
    writer.String(text);
  }
}

void WriteTextBlocks(Writer& writer, const std::vector<std::string>& texts) {
  writer.Key("content");
  writer.BeginArray();
  for (const std::string& text : texts) {
    writer.BeginObject();
    WriteText(writer, "type", "text");
    WriteText(writer, "text", text);
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteDocumentSource(Writer& writer, const ChatSource& source) {
  writer.Key("source");
  writer.BeginObject();
  if (source.kind == ChatSource::Kind::kChunks) {
    WriteText(writer, "type", "content");
    WriteTextBlocks(writer, source.content);
  } else if (source.kind == ChatSource::Kind::kPdf) {
    WriteText(writer, "type", "base64");
    WriteText(writer, "media_type", "application/pdf");
    // Nothing in base64 needs an escape.
    std::string data = "\"";
    AppendBase64(data, source.content[0]);
    data += '"';
    writer.Key("data");
    writer.Raw(data);
  } else {
    WriteText(writer, "type", "text");
    WriteText(writer, "media_type", "text/plain");
    WriteText(writer, "data", source.content[0]);
  }
  writer.EndObject();
}

std::string TextOf(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr || value->AsString() == nullptr ? std::string() : *value->AsString();
}

std::unexpected<std::string> Missing(std::string_view key) {
  return std::unexpected(fmt::format("has no {}", key));
}

std::expected<void, std::string> ReadTextBlocks(const Value& holder,
                                                std::vector<std::string>& texts) {
  const Value* content = holder.Find("content");
  if (content == nullptr || content->AsArray() == nullptr) return Missing("content");
  for (const Value& block : *content->AsArray()) {
    const Value* text = block.Find("text");
    if (text == nullptr || text->AsString() == nullptr) return Missing("text in its content");
    texts.push_back(*text->AsString());
  }
  return {};
}

std::expected<void, std::string> ReadDocumentSource(const Value& block, ChatSource& source) {
  const Value* holder = block.Find("source");
  if (holder == nullptr || !holder->is_object()) return Missing("source");
  const std::string type = TextOf(*holder, "type");
  if (type == "content") {
    source.kind = ChatSource::Kind::kChunks;
    return ReadTextBlocks(*holder, source.content);
  }
  const Value* data = holder->Find("data");
  if (data == nullptr || data->AsString() == nullptr) return Missing("source/data");
  std::string& content = source.content.emplace_back();
  if (type == "text") {
    content = *data->AsString();
  } else if (type != "base64" || !AppendFromBase64(content, *data->AsString())) {
    return Missing("source that is text, text blocks or base64");
  } else {
    source.kind = ChatSource::Kind::kPdf;
  }
  return {};
}

bool ReadNumber(const Value& object, std::string_view key, int64_t& number) {
  const Value* value = object.Find(key);
  return value != nullptr && value->ToInt64(number) && number >= 0;
}

}  // namespace

void WriteSourceMembers(Writer& writer, const ChatSource& source) {
  if (source.IsDocument()) {
    WriteText(writer, "type", "document");
    WriteDocumentSource(writer, source);
    if (!source.title.empty()) WriteText(writer, "title", source.title);
    if (!source.context.empty()) WriteText(writer, "context", source.context);
  } else {
    WriteText(writer, "type", "search_result");
    WriteText(writer, "source", source.source);
    WriteText(writer, "title", source.title);
    WriteTextBlocks(writer, source.content);
  }
  if (!source.citations) return;
  writer.Key("citations");
  writer.Raw(R"({"enabled":true})");
}

std::expected<ChatSource, std::string> ReadSource(const Value& block) {
  ChatSource source{.title = TextOf(block, "title"), .context = TextOf(block, "context")};
  std::expected<void, std::string> ok;
  if (TextOf(block, "type") == "search_result") {
    source.kind = ChatSource::Kind::kSearchResult;
    source.source = TextOf(block, "source");
    ok = ReadTextBlocks(block, source.content);
  } else {
    ok = ReadDocumentSource(block, source);
  }
  if (!ok) return std::unexpected(std::move(ok.error()));
  if (const Value* citations = block.Find("citations")) {
    const Value* enabled = citations->Find("enabled");
    source.citations =
        enabled != nullptr && enabled->AsBoolean() != nullptr && *enabled->AsBoolean();
  }
  return source;
}

void WriteCitation(Writer& writer, const ChatCitation& citation) {
  const Form& form = FormOf(citation.kind);
  writer.BeginObject();
  WriteText(writer, "type", form.type);
  WriteText(writer, "cited_text", citation.cited_text);
  if (citation.kind == Kind::kWeb) {
    WriteText(writer, "url", citation.source);
    WriteText(writer, "encrypted_index", citation.sealed);
  } else {
    writer.Key(form.index);
    writer.Integer(citation.index);
    writer.Key(form.start);
    writer.Integer(citation.start);
    writer.Key(form.end);
    writer.Integer(citation.end);
  }
  if (citation.kind == Kind::kSearchResult) WriteText(writer, "source", citation.source);
  WriteTextOrNull(writer, form.title, citation.title);
  writer.EndObject();
}

void WriteCitations(Writer& writer, const std::vector<ChatCitation>& citations) {
  writer.BeginArray();
  for (const ChatCitation& citation : citations) WriteCitation(writer, citation);
  writer.EndArray();
}

ReadCitationResult ReadCitation(const Value& value) {
  const std::string type = TextOf(value, "type");
  for (const Form& form : kForms) {
    if (type != form.type) continue;
    ChatCitation citation{.kind = form.kind,
                          .title = TextOf(value, form.title),
                          .cited_text = TextOf(value, "cited_text")};
    if (form.kind == Kind::kWeb) {
      citation.source = TextOf(value, "url");
      citation.sealed = TextOf(value, "encrypted_index");
      return citation;
    }
    if (!ReadNumber(value, form.index, citation.index)) return Missing(form.index);
    if (!ReadNumber(value, form.start, citation.start)) return Missing(form.start);
    if (!ReadNumber(value, form.end, citation.end)) return Missing(form.end);
    if (citation.end < citation.start) {
      return std::unexpected(fmt::format("has {} {} before {} {}", form.end, citation.end,
                                         form.start, citation.start));
    }
    if (form.kind == Kind::kSearchResult) citation.source = TextOf(value, "source");
    return citation;
  }
  return std::nullopt;
}

std::expected<void, std::string> ReadCitations(const Value* array,
                                               std::vector<ChatCitation>& citations) {
  if (array == nullptr || array->AsArray() == nullptr) return {};
  for (const Value& value : *array->AsArray()) {
    auto citation = ReadCitation(value);
    if (!citation) return std::unexpected(std::move(citation.error()));
    if (*citation) citations.push_back(std::move(**citation));
  }
  return {};
}

void WriteCitedSpans(Writer& writer, const std::vector<ChatCitedSpan>& spans) {
  writer.BeginArray();
  for (const ChatCitedSpan& span : spans) {
    writer.BeginObject();
    writer.Key("begin");
    writer.Unsigned(span.begin);
    writer.Key("end");
    writer.Unsigned(span.end);
    writer.Key("citations");
    WriteCitations(writer, span.citations);
    writer.EndObject();
  }
  writer.EndArray();
}

std::expected<std::vector<ChatCitedSpan>, std::string> ReadCitedSpans(const Value& array,
                                                                      size_t text_bytes) {
  std::vector<ChatCitedSpan> spans;
  if (array.AsArray() == nullptr) return spans;
  int64_t before = 0;
  for (const Value& value : *array.AsArray()) {
    int64_t begin = 0;
    int64_t end = 0;
    if (!ReadNumber(value, "begin", begin) || !ReadNumber(value, "end", end) || begin < before ||
        end < begin || std::cmp_greater(end, text_bytes)) {
      return std::unexpected("has a cited span that is none of its text");
    }
    before = end;
    ChatCitedSpan& span = spans.emplace_back();
    span.begin = static_cast<size_t>(begin);
    span.end = static_cast<size_t>(end);
    if (auto ok = ReadCitations(value.Find("citations"), span.citations); !ok) {
      return std::unexpected(std::move(ok.error()));
    }
  }
  return spans;
}

}  // namespace bedplate::models
