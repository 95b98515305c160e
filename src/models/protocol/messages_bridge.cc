#include "models/protocol/messages_bridge.h"

#include <utility>

#include "base/json/writer.h"
#include "models/protocol/chat_request_reader.h"

namespace bedplate::models {

namespace {

template <class Write>
Result<BridgedRequest> Bridge(std::string_view body, Write write) {
  auto read = ReadChatRequest(body);
  if (!read) return std::unexpected(std::move(read.error()));
  auto sources = SourceOrder::Of(read->request);
  if (sources) sources->ToServer(read->request);
  Result<MessagesRequest> written = write(*read);
  if (!written) return std::unexpected(std::move(written.error()));
  return BridgedRequest{.body = std::move(written->body),
                        .betas = std::move(written->betas),
                        .sources = std::move(sources)};
}

}  // namespace

Result<BridgedRequest> MessagesFromChat(std::string_view body) {
  return Bridge(body, [](const ReadChat& read) {
    return WriteMessagesRequest(read.request, read.model_name, read.stream);
  });
}

Result<BridgedRequest> MessagesCountFromTokenize(std::string_view body) {
  return Bridge(
      body, [](const ReadChat& read) { return WriteMessagesCount(read.request, read.model_name); });
}

Result<std::string> ChatFromMessages(std::string_view body, std::string_view model_name,
                                     int64_t now_s, const SourceOrder* sources) {
  auto read = ReadMessagesAnswer(body);
  if (!read) return std::unexpected(std::move(read.error()));
  if (sources != nullptr) {
    for (ChatCitedSpan& span : read->answer.cited) sources->ToRequest(span.citations);
  }
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
  if (sources_) sources_->ToRequest(chunk_.citations);
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
