// What a streamed answer is made of, one after another.
#pragma once

#include <cstdint>
#include <string_view>

namespace bedplate::runtime {

struct AnswerPiece {
  enum class Kind : uint8_t {
    kText,
    kReasoning,           // more of what the model thinks
    kReasoningSignature,  // of the reasoning before, which it ends
    kRedactedReasoning,   // a whole block of thoughts that only their provider can read
    kToolUse,             // a tool call begins: `text` is its id
    kToolInput,           // more of the JSON text of the last call's input
  };
  Kind kind = Kind::kText;
  std::string_view text{};  // never empty
  std::string_view name{};  // the tool's, of kToolUse
};

}  // namespace bedplate::runtime
