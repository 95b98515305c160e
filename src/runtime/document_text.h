// The text of a document, as a model is shown it.
//
// Errors: kValidation naming the place. Threads: pure functions. Work and memory grow linearly
// with the document, whatever is in it: nothing here builds a tree or recurses.
// spec: bedrock-runtime#DocumentBlock
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// Formats that are text. An empty one means plain text.
bool IsTextFormat(std::string_view format);

// The readable text of `document`. `place` is messages.N.content.M, for the message of a failure.
Result<std::string> DocumentText(const DocumentBlock& document, std::string_view place);

// DocumentText between lines that name the document.
Result<std::string> RenderDocument(const DocumentBlock& document, std::string_view place);

// The document as one that an answer may cite. A source of several texts is cited by these, one of
// pages by pages, any other by the characters of its DocumentText.
Result<models::ChatSource> ToSource(DocumentBlock&& document, std::string_view place);

}  // namespace bedplate::runtime
