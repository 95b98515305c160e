// InvokeModel: the provider's native body in, its native body out.
//
// Errors and threads: as Converser.
// spec: bedrock-runtime#InvokeModel, bedrock-runtime#InvokeModelWithResponseStream
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/directory.h"
#include "models/formats/native_format.h"
#include "models/model_client.h"
#include "models/protocol/chat_response.h"
#include "net/task.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

struct NativeRequest {
  models::ModelPtr model;
  std::string model_as_asked;  // the identifier in the request's path
  std::string body;
};

struct NativeAnswer {
  std::string body;
  int64_t input_tokens = 0;
  std::optional<int64_t> output_tokens;  // nothing for embeddings
  int64_t latency_ms = 0;
};

// Chunks of a streamed native answer.
class NativeStream {
 public:
  NativeStream(models::EventSource events, std::unique_ptr<models::NativeChunks> chunks,
               const Clock& clock, MonotonicTime started);

  // The next chunk; nothing after the last, which carries the invocation metrics.
  net::Task<Result<std::optional<std::string>>> Next();
  net::Task<void> Finish() { return events_.Finish(); }
  // What the server told of it; there at the end of a complete answer.
  const std::optional<models::ChatUsage>& usage() const { return usage_; }

 private:
  Result<void> Take(std::string_view data);
  Result<void> End();
  int64_t ElapsedMs() const;

  models::EventSource events_;
  std::unique_ptr<models::NativeChunks> chunks_;
  const Clock* clock_;
  MonotonicTime started_;
  std::optional<int64_t> first_byte_ms_;
  models::ChatChunkReader chunk_reader_;
  models::ChatChunk chunk_;
  std::optional<models::ChatFinish> finish_;
  std::optional<models::ChatUsage> usage_;
  bool ended_ = false;
  std::vector<std::string> ready_;  // not handed out yet: from next_ready_ on
  size_t next_ready_ = 0;
};

class Invoker {
 public:
  // Both outlive this.
  Invoker(models::ModelClient& client, const Clock& clock) : client_(client), clock_(clock) {}

  net::Task<Result<NativeAnswer>> Invoke(NativeRequest request);
  net::Task<Result<NativeStream>> InvokeStream(NativeRequest request);
  net::Task<Result<int64_t>> CountTokens(NativeRequest request);

 private:
  net::Task<Result<NativeAnswer>> InvokeChat(const models::Model& model,
                                             const models::NativeFormat& format,
                                             const NativeRequest& request);
  net::Task<Result<NativeAnswer>> InvokeEmbeddings(const models::Model& model,
                                                   const models::NativeEmbeddings& asked);

  models::ModelClient& client_;
  const Clock& clock_;
};

}  // namespace bedplate::runtime
