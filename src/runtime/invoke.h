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
#include "models/citations/answer_citer.h"
#include "models/directory.h"
#include "models/formats/native_format.h"
#include "models/model_client.h"
#include "models/protocol/chat_response.h"
#include "net/blocking_pool.h"
#include "net/task.h"
#include "runtime/conversation.h"
#include "runtime/image_program.h"

namespace bedplate::runtime {

struct NativeRequest {
  models::ModelPtr model;
  std::string model_as_asked;  // the identifier in the request's path
  std::string body;
  // Of a facade; else the model's own, by InvokeModel. Constant data.
  const models::NativeFormat* format = nullptr;
  models::NativeApi api = models::NativeApi::kInvokeModel;
  std::string api_version{};  // that a header of a facade names
  models::Route route = models::Route::kChat;
  std::string
      service_tier{};  // "default", "priority" or "flex"; empty where no header asks for one
};

struct NativeAnswer {
  std::string body;
  TokenUsage usage;
  bool is_text = true;  // no embeddings or ranking, which have no output tokens
  int64_t latency_ms = 0;
  std::string service_tier{};  // that served, as its server says; may be empty
};

// Chunks of a streamed native answer.
class NativeStream {
 public:
  // `early_usage`: the server was asked to count the prompt first, which is not yet the usage.
  // `own_cache`: it keeps prompts by itself, in place of the body's cache points.
  struct Terms {
    bool early_usage = false;
    bool own_cache = false;
  };
  // `citer` finds citations where the model's server does not; null for none.
  NativeStream(models::EventSource events, std::unique_ptr<models::NativeChunks> chunks,
               const Clock& clock, MonotonicTime started, Terms terms,
               std::unique_ptr<models::AnswerCiter> citer);

  // The next chunk; nothing after the last, which carries the invocation metrics.
  net::Task<Result<std::optional<std::string>>> Next();
  net::Task<void> Finish() { return events_.Finish(); }
  // That serves, as its server has said so far; may be empty.
  const std::string& service_tier() const { return service_tier_; }
  // There at the end of a complete answer.
  std::optional<TokenUsage> usage() const;

 private:
  Result<void> Take(std::string_view data);
  Result<void> End();
  int64_t ElapsedMs() const;

  models::EventSource events_;
  std::unique_ptr<models::NativeChunks> chunks_;
  const Clock* clock_;
  MonotonicTime started_;
  Terms terms_;
  std::optional<int64_t> first_byte_ms_;
  models::ChatChunkReader chunk_reader_;
  models::ChatChunk chunk_;
  std::unique_ptr<models::AnswerCiter> citer_;
  std::vector<models::ChatChunk> cited_chunks_;  // what citer_ made of chunk_
  std::optional<models::ChatFinish> finish_;
  std::optional<models::ChatUsage> usage_;
  std::string service_tier_;
  bool ended_ = false;
  std::vector<std::string> ready_;  // not handed out yet: from next_ready_ on
  size_t next_ready_ = 0;
};

class Invoker {
 public:
  // Both outlive this.
  Invoker(models::ModelClient& client, const Clock& clock, ImageProgram images = {})
      : client_(client), clock_(clock), images_(std::move(images)) {}

  net::Task<Result<NativeAnswer>> Invoke(NativeRequest request);
  net::Task<Result<NativeStream>> InvokeStream(NativeRequest request);
  net::Task<Result<int64_t>> CountTokens(NativeRequest request);
  // A body of a facade that asks for embeddings.
  net::Task<Result<NativeAnswer>> Embed(models::ModelPtr model, models::NativeEmbeddingsPtr asked);

 private:
  net::Task<Result<NativeAnswer>> InvokeChat(const models::Model& model,
                                             const models::NativeFormat& format,
                                             const NativeRequest& request);
  net::Task<Result<NativeAnswer>> InvokeEmbeddings(const models::Model& model,
                                                   const models::NativeEmbeddings& asked);
  net::Task<Result<NativeAnswer>> InvokeRanking(const models::Model& model,
                                                const models::NativeRanking& asked);

  models::NativeCall CallOf(const NativeRequest& request, models::NativeUse use) const;
  net::Task<Result<models::NativeChatPtr>> ReadChat(const models::NativeFormat& format,
                                                    std::string_view body,
                                                    const models::NativeCall& call);
  // What the model's server is asked; where that runs here, with images as pixels, which take
  // `held`.
  net::Task<Result<std::string>> UpstreamBody(const models::Model& model, models::NativeChat& chat,
                                              const models::NativeCall& call,
                                              ByteBudget::Share& held);

  models::ModelClient& client_;
  const Clock& clock_;
  const ImageProgram images_;
  net::BlockingPool body_pool_{1};  // reads large bodies
  // Images take long: they hold up each other, and nothing else.
  net::BlockingPool image_pool_{2, 64};
  net::BlockingPool source_pool_{1, 64};  // likewise large sources of citations
};

}  // namespace bedplate::runtime
