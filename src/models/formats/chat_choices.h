// Answers in the form of OpenAI's, for families whose own bodies are like it. A message's thoughts
// are its `reasoning_content`, as in most servers of that protocol.
//
// Errors: as native_format.h says. Threads: one answer, one thread.
// spec: https://platform.openai.com/docs/api-reference/chat
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/content_blocks.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

inline constexpr std::string_view kChoiceCallPrefix = "call_";

// What names an answer, the same in each of its chunks.
struct ChoicesHead {
  explicit ChoicesHead(std::string_view model_id);

  std::string id;
  std::string model;  // what Bedrock calls it
};

// The members before the one choice, and its opening; its closing.
void BeginChoice(json::Writer& writer, const ChoicesHead& head, std::string_view object);
void EndChoice(json::Writer& writer);

// The member `message`.
void WriteChoiceMessage(json::Writer& writer, const ChatAnswer& answer);
void WriteChoiceUsage(json::Writer& writer, int64_t prompt_tokens, int64_t completion_tokens);

// A whole body and a stream of deltas, where nothing differs from OpenAI's but that the last chunk
// brings the finish reason, the usage and the metrics at once.
class ChoicesChat : public NeutralChat {
 public:
  // `reason_keys` are constants: the members that say why an answer stopped.
  ChoicesChat(ChatRequest request, std::string_view model_id,
              std::span<const std::string_view> reason_keys = kFinishReason)
      : NeutralChat(std::move(request)), model_id_(model_id), reason_keys_(reason_keys) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view reply) const override;
  std::unique_ptr<NativeChunks> StartChunks() const override;

 protected:
  const std::string& model_id() const { return model_id_; }

 private:
  static constexpr std::string_view kFinishReason[] = {"finish_reason"};

  std::string model_id_;
  std::span<const std::string_view> reason_keys_;
};

}  // namespace bedplate::models
