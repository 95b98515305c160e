// What a streamed answer is made of, one after another.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/citations/citation.h"

namespace bedplate::runtime {

struct AnswerPiece {
  enum class Kind : uint8_t {
    kText,
    kTextEnd,             // text that follows is another block
    kCitation,            // of the block of text before
    kReasoning,           // more of what the model thinks
    kReasoningSignature,  // of the reasoning before, which it ends
    kRedactedReasoning,   // a whole block of thoughts that only their provider can read
    kToolUse,             // a tool call begins: `text` is its id
    kToolInput,           // more of the JSON text of the last call's input
  };
  Kind kind = Kind::kText;
  std::string_view text{};                         // never empty, but of kTextEnd and kCitation
  std::string_view name{};                         // the tool's, of kToolUse
  const models::ChatCitation* citation = nullptr;  // of kCitation
};

}  // namespace bedplate::runtime
