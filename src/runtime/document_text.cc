#include "runtime/document_text.h"

#include <fmt/format.h>

#include "base/json/reader.h"
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
  std::string context;
  if (!document.context.empty()) context = fmt::format("Context: {}\n", document.context);
  return fmt::format("<document name=\"{}\">\n{}{}\n</document>", document.name, context, *text);
}

}  // namespace bedplate::runtime
