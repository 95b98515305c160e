// Tools in Cohere's words: definitions of parameters in place of JSON schemas, and calls without
// ids, which get one here to pair them with their results.
//
// Errors: reported to MalformedInput. Threads: one body, one thread.
// spec: https://docs.cohere.com/v1/docs/tool-use
#pragma once

#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "models/chat.h"
#include "models/formats/members.h"

namespace bedplate::models {

// The body's `tools`.
void ReadCohereTools(Members& body, ChatRequest& request);

// The member `tool_calls`: names and parameters, without ids.
std::vector<ChatToolCall> ReadCohereCalls(Members& holder);

// The calls of the last answer that have no result yet.
class CohereCalls {
 public:
  // The calls of an answer, with the ids that they get.
  std::vector<ChatToolCall> Start(std::vector<ChatToolCall> calls);
  // The id of the first open call of that name and those arguments, which is open no more; empty
  // where there is none.
  std::string TakeId(const ChatToolCall& call);
  std::string NewId();

 private:
  using NameAndArguments = std::pair<std::string, std::string>;

  std::map<NameAndArguments, std::queue<std::string>> open_;
  int next_id_ = 0;
};

// The member `tool_results`: a turn for each. Calls that no answer before them has come in one of
// the assistant's.
void ReadCohereToolResults(Members& holder, CohereCalls& calls, std::vector<ChatTurn>& turns);

}  // namespace bedplate::models
