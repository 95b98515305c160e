// Search results, cited texts and citations of Converse, from wire types to the domain's and back.
//
// Threads: pure functions.
// spec: bedrock-runtime#CitationsContentBlock, bedrock-runtime#CitationsDelta
#pragma once

#include <string_view>
#include <vector>

#include "bedrock_runtime/shapes/CitationsContentBlock.h"
#include "bedrock_runtime/shapes/CitationsDelta.h"
#include "bedrock_runtime/shapes/SearchResultBlock.h"
#include "models/citations/citation.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

runtime::SearchResultBlock ToSearchResult(gen::SearchResultBlock&& block);

// A citation without a location, and one of the web, whose provider seals more than Bedrock says,
// can't be handed back to anyone: the text is, without it.
models::ChatCitedText ToCitedText(gen::CitationsContentBlock&& block);

gen::CitationsContentBlock FromCitedText(std::string_view text,
                                         const std::vector<models::ChatCitation>& citations);
gen::CitationsDelta FromCitationDelta(const models::ChatCitation& citation);

}  // namespace bedplate::services::bedrock_runtime
