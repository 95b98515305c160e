// A streamed answer as content blocks, one after the other: for formats whose streams begin and end
// each block.
//
// Threads: one stream, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {

enum class BlockKind : uint8_t { kReasoning, kText, kToolCall };

struct BlockEvent {
  enum class Kind : uint8_t { kStart, kDelta, kCitation, kSignature, kStop };
  Kind kind = Kind::kStart;
  BlockKind block = BlockKind::kText;
  int index = 0;
  // Of kDelta: more text, thoughts, or JSON text of the call's arguments. Of kSignature: that of
  // the thoughts before.
  std::string_view text{};
  const ChatCitation* citation = nullptr;  // of kCitation: one of the text before
  // Of the kStart of a call.
  std::string call_id{};
  std::string_view call_name{};
};

class ContentBlocks {
 public:
  // A call for which the server made no id gets one that begins with `id_prefix`, a constant.
  // `citations`: the format has a word for them; else texts in a row are one block.
  explicit ContentBlocks(std::string_view id_prefix, bool citations = false)
      : id_prefix_(id_prefix), takes_citations_(citations) {}

  // Appends what `chunk` makes of the answer. The views live as long as `chunk`,
  // and until the next call.
  // kModelError when a call has no name, or when the pieces of several calls are mixed: their
  // blocks could not follow each other.
  Result<void> Add(const ChatChunk& chunk, std::vector<BlockEvent>& events);
  // Ends the open block; gives the index of one that the format writes itself.
  int TakeIndex(std::vector<BlockEvent>& events);
  // Ends the last block.
  void End(std::vector<BlockEvent>& events);

  bool any_call() const { return calls_ > 0; }

 private:
  void AddText(std::string_view text, std::vector<BlockEvent>& events);
  void AddCitations(const ChatChunk& chunk, std::vector<BlockEvent>& events);
  void Open(BlockKind block, std::vector<BlockEvent>& events);
  void Close(std::vector<BlockEvent>& events);
  void Delta(BlockKind block, std::string_view text, std::vector<BlockEvent>& events);
  Result<void> AddCall(const ChatToolCallDelta& delta, std::vector<BlockEvent>& events);
  bool ContinuesCall(const ChatToolCallDelta& delta) const;

  std::string_view id_prefix_;
  bool takes_citations_;
  std::optional<BlockKind> open_;
  int next_index_ = 0;
  int calls_ = 0;
  std::optional<int64_t> call_index_;  // the server's, of the last call
  std::string call_id_;                // the server's, of the last call; may be empty
  std::string held_;                   // white space that began a text; see AddText
  std::string first_text_;             // that began the last text block
};

// Whether there is nothing but white space.
bool IsBlank(std::string_view text);

// An id for a call that came without one.
std::string NewCallId(std::string_view prefix);

// The arguments of a call as a JSON object: "{}" where there are none. kModelError when they are
// something else.
Result<std::string> CallArguments(const ChatToolCall& call);

// kModelError for an answer whose tool call could not be read, in a format that has no word for it.
Error MalformedCall();

}  // namespace bedplate::models
