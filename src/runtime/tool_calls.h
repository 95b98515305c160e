// The tool calls of an answer, put into Bedrock's terms: each has an id and a name that Bedrock's
// patterns allow and arguments that are one JSON object.
//
// An id that a server made is kept where it fits, so that it comes back to it with the result;
// where it is missing, does not fit or was used before in the answer, one is made. A call whose
// name or arguments are not what they must be is malformed: Bedrock would refuse it in the
// conversation's next request.
//
// Threads: one answer, one thread.
// spec: bedrock-runtime#ToolUseBlock, bedrock-runtime#StopReason (malformed_tool_use)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/chat.h"
#include "models/protocol/chat_response.h"
#include "runtime/answer_piece.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

struct ToolUses {
  std::vector<ToolUseBlock> blocks{};
  bool malformed = false;  // there were others, which were left out
};

// The calls of a whole answer.
ToolUses ToToolUses(std::vector<models::ChatToolCall>&& calls);

// The calls of a streamed answer.
class ToolCallStream {
 public:
  // Appends what `delta` makes of the answer. The views live as long as this and `delta`.
  // kModelStreamError when the pieces of several calls are mixed: their blocks follow each other.
  Result<void> Take(const models::ChatToolCallDelta& delta, std::vector<AnswerPiece>& pieces);
  // Ends the last call.
  void Finish(std::vector<AnswerPiece>& pieces);

  bool any() const { return any_; }  // that is well formed so far
  bool malformed() const { return malformed_; }

 private:
  struct Call {
    std::optional<int64_t> index{};
    std::string server_id{};
    std::string id{};  // empty until the call began
    std::string name{};
    std::string arguments{};        // all of them so far
    std::string first_arguments{};  // that came no later than the name
    bool ended = false;
  };

  Call* Find(const models::ChatToolCallDelta& delta);
  void Begin(Call& call, std::vector<AnswerPiece>& pieces);
  void End(Call& call, std::vector<AnswerPiece>& pieces);
  bool IsUsed(std::string_view id) const;

  std::vector<std::unique_ptr<Call>> calls_;  // each stays where it is: there are views into it
  bool any_ = false;
  bool malformed_ = false;
};

}  // namespace bedplate::runtime
