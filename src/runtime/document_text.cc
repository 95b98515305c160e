#include "runtime/document_text.h"

#include <fmt/format.h>

#include <utility>

#include "base/json/reader.h"
#include "models/citations/sources.h"
#include "runtime/html_text.h"

namespace bedplate::runtime {

bool IsTextFormat(std::string_view format) {
  return format.empty() || format == "txt" || format == "md" || format == "csv" || format == "html";
}

Result<std::string> DocumentText(const DocumentBlock& document, std::string_view place) {
  std::string_view bytes = document.bytes;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (!json::IsUtf8(bytes) || bytes.contains('\0')) {
    return Fail(Fault::kValidation,
                fmt::format("The document '{}' at {}.document is not text in UTF-8. Convert it and "
                            "try again.",
                            document.name, place));
  }
  if (document.format == "html") return HtmlText(bytes);
  return std::string(bytes);
}

Result<std::string> RenderDocument(const DocumentBlock& document, std::string_view place) {
  auto text = DocumentText(document, place);
  if (!text) return text;
  return models::RenderSource(
      {.title = document.name, .context = document.context, .content = {std::move(*text)}});
}

Result<models::ChatSource> ToSource(DocumentBlock&& document, std::string_view place) {
  using Kind = models::ChatSource::Kind;
  models::ChatSource source{.kind = document.paged ? Kind::kPages : Kind::kText,
                            .title = document.name,
                            .context = std::move(document.context),
                            .citations = document.citations};
  if (document.as_file) {
    source.kind = Kind::kPdf;
    source.content.push_back(std::move(document.bytes));
    return source;
  }
  if (document.part_ends.empty()) {
    document.part_ends.push_back(document.bytes.size());
  } else {
    source.kind = Kind::kChunks;
  }
  size_t begin = 0;
  for (const size_t end : document.part_ends) {
    auto text = DocumentText({.format = document.format,
                              .name = document.name,
                              .bytes = document.bytes.substr(begin, end - begin)},
                             place);
    if (!text) return std::unexpected(std::move(text.error()));
    source.content.push_back(std::move(*text));
    begin = end + 1;
  }
  return source;
}

}  // namespace bedplate::runtime
