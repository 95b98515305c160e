// The providers' own bodies of InvokeModel: how one is read, and how what the model says becomes
// the answer that a program written for that provider expects.
//
// One format is one file, and one row of the table in native_format.cc. A format knows nothing of
// hosts and time: src/runtime asks the model and measures.
//
// Errors: kValidation, in MalformedInput's words, for the caller's body; kModelError for what the
// model said. Threads: formats are constants; what they make belongs to one request.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "base/result.h"
#include "models/cache_points.h"
#include "models/chat.h"
#include "models/model.h"
#include "models/protocol/chat_request.h"
#include "models/protocol/chat_response.h"
#include "models/protocol/embeddings.h"
#include "models/protocol/rerank.h"

namespace bedplate::models {

enum class NativeUse : uint8_t { kAnswer, kStream, kCountTokens };

// Whose API a body is of: InvokeModel's, or the provider's own (a facade), where the body names the
// model and says whether the answer is streamed.
enum class NativeApi : uint8_t { kInvokeModel, kFacade };

// What a format may need to know of a call beside its body. Views live as long as the call.
struct NativeCall {
  std::string_view model_id;        // what Bedrock calls the model
  std::string_view model_as_asked;  // the identifier in the request's path
  std::string upstream_name;        // what the model's server calls it
  NativeUse use = NativeUse::kAnswer;
  TokenizeMembers tokenize_members = TokenizeMembers::kOfPrompt;  // for kCountTokens
  NativeApi api = NativeApi::kInvokeModel;
  std::string_view api_version{};   // of a facade whose version is no member of the body
  std::string_view service_tier{};  // that a header asks for, in OpenAI's words; empty for none
  bool takes_cache_points = true;   // the model's server does
  bool takes_redacted = false;      // likewise redacted thoughts: it is their provider's
  bool takes_sources = false;       // likewise documents and search results as blocks
  bool early_usage = false;         // the model's server can count the prompt in the first chunk
  int64_t now_s = 0;                // Unix seconds
};

// What goes into the last chunk of a stream.
struct InvocationMetrics {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cache_read_tokens = 0;  // before cache points; no part of input_tokens, nor the next
  int64_t cache_write_tokens = 0;
  int64_t cache_write_long_tokens = 0;  // of these, kept for an hour
  int64_t latency_ms = 0;
  int64_t first_byte_latency_ms = 0;

  ChatUsage Usage() const {
    return {.prompt_tokens = input_tokens + cache_read_tokens + cache_write_tokens,
            .completion_tokens = output_tokens,
            .cache_read_tokens = cache_read_tokens,
            .cache_write_tokens = cache_write_tokens,
            .cache_write_long_tokens = cache_write_long_tokens};
  }
};

// Writes the member "amazon-bedrock-invocationMetrics".
void WriteMetrics(json::Writer& writer, const InvocationMetrics& metrics);

// The chunks of one streamed answer.
class NativeChunks {
 public:
  virtual ~NativeChunks() = default;

  // Appends to `out` what one chunk of the server becomes: none, one or several JSON documents.
  // `data` is the event that `chunk` was read from.
  virtual Result<void> Add(const ChatChunk& chunk, std::string_view data,
                           std::vector<std::string>& out) = 0;
  // Appends the end of the answer; the last document carries `metrics`.
  virtual Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                           std::vector<std::string>& out) = 0;
};

// A body that asks for text, read and found good.
class NativeChat {
 public:
  virtual ~NativeChat() = default;

  // Whether the body has cache points.
  virtual bool HasCachePoints() const { return false; }
  // What the model's server is asked, in OpenAI's protocol: a chat request, or the tokenize
  // request of the same prompt when the call only counts tokens. Called once.
  virtual std::string UpstreamBody(const NativeCall& call) = 0;
  // After that: what the answer may cite where the model's server does not do so itself.
  virtual std::vector<ChatSource> TakeCitedSources() { return {}; }
  // `reply` is the body that `answer` was read from.
  virtual Result<std::string> WriteAnswer(const ChatAnswer& answer,
                                          std::string_view reply) const = 0;
  // May outlive this.
  virtual std::unique_ptr<NativeChunks> StartChunks() const = 0;
};
using NativeChatPtr = std::unique_ptr<NativeChat>;

// The same for a body that was read into the neutral request, as most are.
class NeutralChat : public NativeChat {
 public:
  explicit NeutralChat(ChatRequest request) : request_(std::move(request)) {}

  bool HasCachePoints() const override { return CountCachePoints(request_) > 0; }
  std::string UpstreamBody(const NativeCall& call) override;
  std::vector<ChatSource> TakeCitedSources() override { return std::exchange(cited_, {}); }
  const ChatRequest& request() const { return request_; }

 private:
  ChatRequest request_;
  std::vector<ChatSource> cited_;
};

// A body that asks for embeddings, read and found good.
class NativeEmbeddings {
 public:
  explicit NativeEmbeddings(EmbeddingsRequest request) : request_(std::move(request)) {}
  virtual ~NativeEmbeddings() = default;

  const EmbeddingsRequest& request() const { return request_; }
  // kValidation when the body asks for vectors of another length than the model's.
  virtual Result<void> CheckDimensions(int dimensions) const = 0;
  // One vector for each text.
  virtual std::string WriteAnswer(const Embeddings& embeddings) const = 0;

 private:
  EmbeddingsRequest request_;
};
using NativeEmbeddingsPtr = std::unique_ptr<NativeEmbeddings>;

// A body that asks for an order of documents, read and found good. All such formats answer alike.
struct NativeRanking {
  RerankRequest request{};
  int results_max = 0;  // 0: every document
};

// The best documents first; of equal ones the earlier.
std::string WriteRankingAnswer(const NativeRanking& asked, const Ranking& ranking);

// Exactly one of the three functions is set.
struct NativeFormat {
  std::string_view family;  // as ModelFacts::family
  Result<NativeChatPtr> (*read_chat)(std::string_view body, const NativeCall& call) = nullptr;
  Result<NativeEmbeddingsPtr> (*read_embeddings)(std::string_view body) = nullptr;
  Result<NativeRanking> (*read_ranking)(std::string_view body) = nullptr;

  Use use() const {
    if (read_ranking != nullptr) return Use::kRanking;
    return read_embeddings != nullptr ? Use::kEmbeddings : Use::kText;
  }
};

std::span<const NativeFormat> AllFormats();

// The format of a family; null where there is none (yet).
const NativeFormat* FindFormat(std::string_view family);

// What InvokeModel takes for a model: the format of its family. Where that has none, or none for
// what the model makes (text, embeddings, rankings), the one that its body_format names.
const NativeFormat& FormatOf(const ModelFacts& facts);

}  // namespace bedplate::models
