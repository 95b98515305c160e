#include "models/formats/cohere_command_r_request.h"

#include <fmt/format.h>

#include <functional>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/cohere_tools.h"
#include "models/formats/document_list.h"
#include "models/formats/members.h"
#include "models/formats/message_list.h"
#include "models/formats/settings.h"

namespace bedplate::models {
namespace {

constexpr int kTopKMax = 500;

// A document is an object of texts; `_excludes` lists members that the model shall not see.
DocumentFields ReadDocument(const json::Value& value, const std::string& pointer,
                            MalformedInput& malformed) {
  DocumentFields fields;
  if (!value.is_object()) {
    malformed.WrongType(pointer, "JSONObject", value);
    return fields;
  }
  const std::vector<std::string> listed = Members(value, pointer, malformed).Texts("_excludes");
  const std::set<std::string, std::less<>> hidden(listed.begin(), listed.end());
  for (const auto& [name, member] : *value.AsObject()) {
    if (name == "_excludes" || hidden.contains(name)) continue;
    if (const std::string* text = member.AsString()) {
      fields.emplace_back(name, *text);
    } else {
      malformed.WrongType(fmt::format("{}/{}", pointer, name), "String", member);
    }
  }
  return fields;
}

void ReadDocuments(Members& body, ChatRequest& chat) {
  const json::Value::Array* documents = body.Array("documents");
  if (documents == nullptr) return;
  std::vector<DocumentFields> read;
  read.reserve(documents->size());
  for (size_t i = 0; i < documents->size(); ++i) {
    read.push_back(
        ReadDocument((*documents)[i], fmt::format("/documents/{}", i), body.malformed()));
  }
  AddDocuments(read, chat.turns);
}

class HistoryReader {
 public:
  HistoryReader(Members& body, ChatRequest& chat) : body_(body), chat_(chat) {}

  void Read() {
    const json::Value::Array* entries = body_.Array("chat_history");
    if (entries == nullptr) return;
    for (size_t i = 0; i < entries->size(); ++i) {
      Members entry((*entries)[i], fmt::format("/chat_history/{}", i), body_.malformed());
      const std::string* role = entry.NeedText("role");
      if (role == nullptr) continue;
      if (*role == "TOOL") {
        ReadCohereToolResults(entry, calls_, chat_.turns);
      } else if (*role == "USER" || *role == "SYSTEM") {
        AddMessage(entry, *role == "USER" ? ChatRole::kUser : ChatRole::kSystem);
      } else if (*role == "CHATBOT") {
        AddAnswer(entry);
      } else {
        entry.NotInEnum("role", *role);
        continue;
      }
      entry.Finish();
    }
  }

  // Results of tools stand behind the message that led to the calls.
  void ReadResults() { ReadCohereToolResults(body_, calls_, chat_.turns); }

 private:
  void AddMessage(Members& entry, ChatRole role) {
    const std::string* text = entry.NeedNonEmptyText("message");
    if (text != nullptr) chat_.turns.push_back({.role = role, .text = *text});
  }

  void AddAnswer(Members& entry) {
    ChatTurn turn{.role = ChatRole::kAssistant};
    if (const std::string* text = entry.NeedText("message")) turn.text = *text;
    turn.tool_calls = calls_.Start(ReadCohereCalls(entry));
    if (!turn.text.empty() || !turn.tool_calls.empty()) chat_.turns.push_back(std::move(turn));
  }

  Members& body_;
  ChatRequest& chat_;
  CohereCalls calls_;
};

void ReadSettings(Members& body, ChatRequest& chat) {
  chat.tokens_max = body.Integer("max_tokens", 1, std::numeric_limits<int>::max());
  chat.temperature = body.Number("temperature", 0, 1);
  chat.top_p = body.Number("p", 0, 1);
  PassInteger(body, "k", 0, kTopKMax, chat, "top_k");
  PassNumber(body, "frequency_penalty", 0, 1, chat, "frequency_penalty");
  PassNumber(body, "presence_penalty", 0, 1, chat, "presence_penalty");
  PassSeed(body, "seed", chat);
  chat.stop_sequences = body.Texts("stop_sequences");
  TakeOnly(body, "search_queries_only", false);
  TakeOnly(body, "return_prompt", false);
  TakeOnly(body, "raw_prompting", false);
  TakeOnly(body, "prompt_truncation", "OFF");
}

// The body was found good.
std::string HistoryOf(const json::Value& root, std::string_view message) {
  std::string history;
  auto add = [&](const std::string& entry) {
    if (!history.empty()) history += ',';
    history += entry;
  };
  if (const json::Value* entries = root.Find("chat_history")) {
    for (const json::Value& entry : *entries->AsArray()) add(entry.ToJson());
  }
  if (!message.empty()) {
    json::Value entry;
    entry.Set("role", "USER");
    entry.Set("message", message);
    add(entry.ToJson());
  }
  if (const json::Value* results = root.Find("tool_results")) {
    json::Value entry;
    entry.Set("role", "TOOL");
    entry.Set("tool_results", *results);
    add(entry.ToJson());
  }
  return history;
}

}  // namespace

Result<CommandRRequest> ReadCommandRRequest(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  CommandRRequest request;
  ChatRequest& chat = request.chat;
  if (const std::string* preamble = body.Text("preamble")) AddSystem(*preamble, chat.turns);
  ReadDocuments(body, chat);
  HistoryReader history(body, chat);
  history.Read();
  // With results of tools, the question may be in the history already.
  const bool results = body.Has("tool_results");
  const std::string* message =
      results ? body.NeedText("message") : body.NeedNonEmptyText("message");
  if (message != nullptr && !message->empty()) {
    chat.turns.push_back({.role = ChatRole::kUser, .text = *message});
  }
  if (results) history.ReadResults();
  ReadCohereTools(body, chat);
  ReadSettings(body, chat);
  TakeStream(body, call);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  request.history = HistoryOf(*root, *message);
  return request;
}

}  // namespace bedplate::models
