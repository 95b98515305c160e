#include "runtime/citation_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "models/citations/sources.h"
#include "runtime/document_blocks.h"
#include "runtime/outcome.h"

namespace bedplate::runtime {
namespace {

struct Kind {
  bool document;
  std::string_view field;
  std::string_view plural;
};
constexpr Kind kDocument{.document = true, .field = "document", .plural = "documents"};
constexpr Kind kSearchResult{
    .document = false, .field = "searchResult", .plural = "search results"};

Result<void> CheckSame(models::CitationRule& rule, const Kind& kind, bool enabled,
                       const std::string& place) {
  const std::string here = fmt::format("{}.{}", place, kind.field);
  const auto other = rule.Add(kind.document, enabled, here);
  if (!other) return {};
  return Fail(
      Fault::kValidation,
      fmt::format("The {} of a request must all have citations enabled, or none of them: "
                  "citations.enabled is {} at {} and {} at {}. Set the same for all and try "
                  "again.",
                  kind.plural, !enabled, *other, enabled, here));
}

Result<void> CheckContent(const SearchResultBlock& result, const std::string& place) {
  if (result.content.empty()) {
    return Fail(Fault::kValidation,
                fmt::format("The content field at {}.searchResult is empty. Add a text to it and "
                            "try again.",
                            place));
  }
  for (size_t i = 0; i < result.content.size(); ++i) {
    if (!IsBlank(result.content[i])) continue;
    return Fail(Fault::kValidation,
                fmt::format("The text field at {}.searchResult.content.{} is blank. Add text to it "
                            "and try again.",
                            place, i));
  }
  return {};
}

}  // namespace

Result<void> CheckCitations(const Conversation& conversation) {
  models::CitationRule rule;
  auto ok = ForEachDocument(conversation, [&](const DocumentBlock& document, const auto& place) {
    return CheckSame(rule, kDocument, document.citations, place);
  });
  if (!ok) return ok;
  ok = ForEachSearchResult(conversation, [&](const SearchResultBlock& result, const auto& place) {
    auto same = CheckSame(rule, kSearchResult, result.citations, place);
    return same ? CheckContent(result, place) : same;
  });
  if (!ok) return ok;
  if (rule.any_enabled() && conversation.output_schema) {
    return Fail(
        Fault::kValidation,
        "This model doesn't support outputConfig.textFormat together with citations.enabled "
        "true. Remove one of them and try again.");
  }
  return {};
}

}  // namespace bedplate::runtime
