// Sources and citations as Anthropic's Messages API writes them. Bodies in OpenAI's protocol that
// are for a server of that API carry them in the same form.
//
// Errors: reading fails with words on what is missing, which the caller puts into its own.
// Threads: pure functions.
// spec: https://docs.anthropic.com/en/api/messages
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/citations/citation.h"

namespace bedplate::models {

// The members of a block of the type `document` or `search_result`; the object is the caller's.
void WriteSourceMembers(json::Writer& writer, const ChatSource& source);

// Of a block that WriteSourceMembers wrote, or one like it.
std::expected<ChatSource, std::string> ReadSource(const json::Value& block);

// One object.
void WriteCitation(json::Writer& writer, const ChatCitation& citation);
// An array.
void WriteCitations(json::Writer& writer, const std::vector<ChatCitation>& citations);

// Nothing for a type that is not known here.
using ReadCitationResult = std::expected<std::optional<ChatCitation>, std::string>;
ReadCitationResult ReadCitation(const json::Value& value);

// Appends those of an array; null and absent (a null pointer) are none.
std::expected<void, std::string> ReadCitations(const json::Value* array,
                                               std::vector<ChatCitation>& citations);

// Citations of spans of one text: an array of objects with `begin`, `end` and `citations`.
void WriteCitedSpans(json::Writer& writer, const std::vector<ChatCitedSpan>& spans);
// The spans must follow each other within a text of `text_bytes`.
std::expected<std::vector<ChatCitedSpan>, std::string> ReadCitedSpans(const json::Value& array,
                                                                      size_t text_bytes);

}  // namespace bedplate::models
