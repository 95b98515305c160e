// AI21 Jamba. Documents become text in the system's turn. `meta`, which says how long the service
// took, is left out of answers.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "models/formats/chat_choices.h"
#include "models/formats/document_list.h"
#include "models/formats/families.h"
#include "models/formats/message_list.h"
#include "models/formats/openai_messages.h"
#include "models/formats/settings.h"

namespace bedplate::models {
namespace {

constexpr int kTokensMax = 4096;
constexpr double kTemperatureMax = 2;
constexpr double kPenaltyMax = 2;

// {"content": ..., "metadata": [{"key": ..., "value": ...}]}
DocumentFields ReadDocument(Members& document) {
  DocumentFields fields;
  if (const json::Value::Array* entries = document.Array("metadata")) {
    for (size_t i = 0; i < entries->size(); ++i) {
      Members entry((*entries)[i], fmt::format("{}/{}", document.PointerOf("metadata"), i),
                    document.malformed());
      const std::string* key = entry.NeedNonEmptyText("key");
      const std::string* value = entry.NeedText("value");
      if (key != nullptr && value != nullptr) fields.emplace_back(*key, *value);
      entry.Finish();
    }
  }
  if (const std::string* content = document.NeedNonEmptyText("content")) {
    fields.emplace_back("content", *content);
  }
  document.Finish();
  return fields;
}

void ReadDocuments(Members& body, ChatRequest& request) {
  const json::Value::Array* documents = body.Array("documents");
  if (documents == nullptr) return;
  std::vector<DocumentFields> read;
  read.reserve(documents->size());
  for (size_t i = 0; i < documents->size(); ++i) {
    Members document((*documents)[i], fmt::format("/documents/{}", i), body.malformed());
    read.push_back(ReadDocument(document));
  }
  AddDocuments(read, request.turns);
}

}  // namespace

Result<NativeChatPtr> ReadAi21Jamba(std::string_view body_text, const NativeCall& call) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  ReadMessageList(body, request.turns, ReadOpenAiMessage);
  ReadDocuments(body, request);
  ReadOpenAiTools(body, request);
  ReadOpenAiResponseFormat(body, request);
  request.tokens_max = body.Integer("max_tokens", 0, kTokensMax);
  request.temperature = body.Number("temperature", 0, kTemperatureMax);
  request.top_p = body.Number("top_p", 0, 1);
  request.stop_sequences = ReadTextOrTexts(body, "stop");
  PassNumber(body, "frequency_penalty", -kPenaltyMax, kPenaltyMax, request, "frequency_penalty");
  PassNumber(body, "presence_penalty", -kPenaltyMax, kPenaltyMax, request, "presence_penalty");
  TakeOnly(body, "n", 1);
  TakeStream(body, call);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<ChoicesChat>(std::move(request), call.model_id);
}

}  // namespace bedplate::models
