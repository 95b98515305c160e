#include "services/bedrock_runtime/citations.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "bedrock_runtime/shapes/Citation.h"
#include "bedrock_runtime/shapes/CitationGeneratedContent.h"
#include "bedrock_runtime/shapes/CitationLocation.h"
#include "bedrock_runtime/shapes/CitationSourceContent.h"
#include "bedrock_runtime/shapes/CitationSourceContentDelta.h"
#include "bedrock_runtime/shapes/CitationsConfig.h"
#include "bedrock_runtime/shapes/DocumentCharLocation.h"
#include "bedrock_runtime/shapes/DocumentChunkLocation.h"
#include "bedrock_runtime/shapes/DocumentPageLocation.h"
#include "bedrock_runtime/shapes/SearchResultContentBlock.h"
#include "bedrock_runtime/shapes/SearchResultLocation.h"
#include "bedrock_runtime/shapes/WebLocation.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using Kind = models::ChatCitation::Kind;

int32_t ToInteger(int64_t number) {
  return static_cast<int32_t>(std::min<int64_t>(number, std::numeric_limits<int32_t>::max()));
}

// Of the three locations in documents, which differ in nothing but their types.
template <class Location>
void SetPlace(Location& location, const models::ChatCitation& citation) {
  location.documentIndex = ToInteger(citation.index);
  location.start = ToInteger(citation.start);
  location.end = ToInteger(citation.end);
}

gen::CitationLocation ToLocation(const models::ChatCitation& citation) {
  gen::CitationLocation location;
  switch (citation.kind) {
    case Kind::kCharacters:
      SetPlace(location.documentChar.emplace(), citation);
      break;
    case Kind::kPages:
      SetPlace(location.documentPage.emplace(), citation);
      break;
    case Kind::kChunks:
      SetPlace(location.documentChunk.emplace(), citation);
      break;
    case Kind::kSearchResult: {
      gen::SearchResultLocation& result = location.searchResultLocation.emplace();
      result.searchResultIndex = ToInteger(citation.index);
      result.start = ToInteger(citation.start);
      result.end = ToInteger(citation.end);
      break;
    }
    case Kind::kWeb:
      location.web.emplace().url = citation.source;
      break;
  }
  return location;
}

// Citation and CitationsDelta have the same members.
template <class Wire>
Wire FromCitation(const models::ChatCitation& citation) {
  Wire wire;
  if (!citation.title.empty()) wire.title = citation.title;
  if (citation.kind == Kind::kSearchResult) wire.source = citation.source;
  wire.sourceContent.emplace().emplace_back().text = citation.cited_text;
  wire.location = ToLocation(citation);
  return wire;
}

// Nothing where a member is missing: what it would be is not ours to say.
std::optional<models::ChatCitation> FromPlace(Kind kind, const wire::Opt<int32_t>& index,
                                              const wire::Opt<int32_t>& start,
                                              const wire::Opt<int32_t>& end) {
  if (!index || !start || !end) return std::nullopt;
  return models::ChatCitation{.kind = kind, .index = *index, .start = *start, .end = *end};
}

template <class Location>
std::optional<models::ChatCitation> FromDocument(Kind kind, const Location& location) {
  return FromPlace(kind, location.documentIndex, location.start, location.end);
}

std::optional<models::ChatCitation> FromLocation(const gen::CitationLocation& location) {
  if (location.documentChar) return FromDocument(Kind::kCharacters, *location.documentChar);
  if (location.documentPage) return FromDocument(Kind::kPages, *location.documentPage);
  if (location.documentChunk) return FromDocument(Kind::kChunks, *location.documentChunk);
  if (!location.searchResultLocation) return std::nullopt;
  const gen::SearchResultLocation& result = *location.searchResultLocation;
  return FromPlace(Kind::kSearchResult, result.searchResultIndex, result.start, result.end);
}

std::optional<models::ChatCitation> ToCitation(gen::Citation&& wire) {
  if (!wire.location) return std::nullopt;
  auto citation = FromLocation(*wire.location);
  if (!citation) return std::nullopt;
  citation->title = std::move(*wire.title);
  citation->source = std::move(*wire.source);
  if (wire.sourceContent) {
    for (const gen::CitationSourceContent& content : *wire.sourceContent) {
      citation->cited_text += *content.text;
    }
  }
  return citation;
}

}  // namespace

runtime::SearchResultBlock ToSearchResult(gen::SearchResultBlock&& block) {
  runtime::SearchResultBlock result{
      .source = std::move(*block.source),
      .title = std::move(*block.title),
      .citations = block.citations && block.citations->enabled.value_or(false)};
  for (gen::SearchResultContentBlock& content : *block.content) {
    result.content.push_back(std::move(*content.text));
  }
  return result;
}

models::ChatCitedText ToCitedText(gen::CitationsContentBlock&& block) {
  models::ChatCitedText cited;
  for (const gen::CitationGeneratedContent& content : *block.content) cited.text += *content.text;
  for (gen::Citation& wire : *block.citations) {
    if (auto citation = ToCitation(std::move(wire))) {
      cited.citations.push_back(std::move(*citation));
    }
  }
  return cited;
}

gen::CitationsContentBlock FromCitedText(std::string_view text,
                                         const std::vector<models::ChatCitation>& citations) {
  gen::CitationsContentBlock block;
  block.content.emplace().emplace_back().text = std::string(text);
  block.citations.emplace();
  for (const models::ChatCitation& citation : citations) {
    block.citations->push_back(FromCitation<gen::Citation>(citation));
  }
  return block;
}

gen::CitationsDelta FromCitationDelta(const models::ChatCitation& citation) {
  return FromCitation<gen::CitationsDelta>(citation);
}

}  // namespace bedplate::services::bedrock_runtime
