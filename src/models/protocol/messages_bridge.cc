#include "models/protocol/messages_bridge.h"

#include <utility>

#include "base/json/writer.h"
#include "models/protocol/chat_request_reader.h"

namespace bedplate::models {

Result<MessagesRequest> MessagesFromChat(std::string_view body) {
  auto read = ReadChatRequest(body);
  if (!read) return std::unexpected(std::move(read.error()));
  return WriteMessagesRequest(read->request, read->model_name, read->stream);
}

Result<MessagesRequest> MessagesCountFromTokenize(std::string_view body) {
  auto read = ReadChatRequest(body);
  if (!read) return std::unexpected(std::move(read.error()));
  return WriteMessagesCount(read->request, read->model_name);
}

Result<std::string> ChatFromMessages(std::string_view body, std::string_view model_name,
                                     int64_t now_s) {
  auto read = ReadMessagesAnswer(body);
  if (!read) return std::unexpected(std::move(read.error()));
  return WriteChatAnswer({.id = std::move(read->id),
                          .model_name = std::string(model_name),
                          .created_s = now_s,
                          .service_tier = read->answer.service_tier},
                         read->answer);
}

Result<std::string> TokenizeFromMessagesCount(std::string_view body) {
  const auto count = ReadMessagesCount(body);
  if (!count) return std::unexpected(count.error());
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("count");
  writer.Integer(*count);
  writer.EndObject();
  return out;
}

Result<std::optional<std::string_view>> MessagesStream::Take(std::string_view data) {
  if (auto read = reader_.Read(data, chunk_); !read) {
    return std::unexpected(std::move(read.error()));
  }
  const bool says_something =
      !chunk_.text.empty() || chunk_.begins_text || !chunk_.citations.empty() ||
      !chunk_.reasoning.empty() || !chunk_.signature.empty() || !chunk_.redacted.empty() ||
      !chunk_.tool_calls.empty() || chunk_.finish || chunk_.usage || chunk_.error;
  if (!says_something) return std::nullopt;
  head_.id = reader_.id();
  head_.service_tier = reader_.service_tier();
  WriteChatChunk(head_, chunk_, text_);
  return std::optional<std::string_view>(text_);
}

}  // namespace bedplate::models
