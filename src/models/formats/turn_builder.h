// From one message of a native body to the turns of the neutral request: a turn of its own, after
// the turns of its tool results.
//
// Texts stand on lines of their own, but for those of an answer that cites. A tool's turn has text
// alone in OpenAI's protocol, so images of a result come in the user's turn, as in Converse;
// documents and search results stay in it, as text in the end.
//
// Threads: one message, one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/chat.h"
#include "models/citations/source_order.h"

namespace bedplate::models {

// Lines of text, appended to.
void AppendLine(std::string& text, std::string_view line);

struct ToolResult {
  std::string call_id{};
  std::vector<ChatPart> content{};
  bool failed = false;
  std::optional<CacheTtl> cache_point{};  // behind one of its parts
};

class TurnBuilder {
 public:
  // `turns` outlives this.
  TurnBuilder(std::vector<ChatTurn>& turns, ChatRole role) : turns_(turns), sources_(turns.size()) {
    turn_.role = role;
  }

  void AddText(std::string_view text) { AppendLine(text_, text); }
  void AddImage(ChatImage image) { AddPart(std::move(image)); }
  void AddSource(ChatSource source) { AddPart(std::move(source)); }
  void AddCitedText(ChatCitedText text) { AddPart(std::move(text)); }
  void AddReasoning(ChatReasoning reasoning) { turn_.reasoning.push_back(std::move(reasoning)); }
  void AddCall(ChatToolCall call) { turn_.tool_calls.push_back(std::move(call)); }
  void AddResult(ToolResult result);
  // Behind what was added last; behind results alone it stands behind the last of them.
  void AddCachePoint(CacheTtl ttl);

  // Adds the message's own turn, unless the message was nothing but results.
  void Finish();

 private:
  void EndTextPart();
  void AddPart(ChatPart part);

  std::vector<ChatTurn>& turns_;
  SourceNumbers sources_;
  ChatTurn turn_;
  std::string text_;  // since the last image or cache point
};

}  // namespace bedplate::models
