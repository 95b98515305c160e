// Perplexity of a model over a text under several types of KV cache, computed as answers are
// generated: many sequences at once, whose rows read keys and values that earlier batches wrote.
// Prints one JSON line for each type; the first is what the others are compared with.
//
//   quality_bench MODEL TEXT THREADS CHUNKS ROWS TYPE...
//
// The text's tokens are cut into chunks of kChunk. Of each, the first half is one batch whose
// logits nobody looks at; the second half is given ROWS positions of kSequences chunks at a time,
// and each of its tokens but the first is scored by the logits of the token before it. Attention
// and products are those of the engine.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernels/install.h"
#include "engine/llamacpp/backend.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/thread_pool.h"
#include "engine/products/install.h"
#include "llama.h"

namespace {

using bedplate::engine::Model;
using bedplate::engine::ThreadPool;
using bedplate::engine::TokenId;

constexpr int kChunk = 512;
constexpr int kFirst = kChunk / 2;  // the first position whose logits count
constexpr int kSequences = 16;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "quality_bench: %s\n", why.c_str());
  std::exit(1);
}

struct CacheType {
  std::string_view name;
  ggml_type type;
};
constexpr CacheType kTypes[] = {
    {"f16", GGML_TYPE_F16}, {"bf16", GGML_TYPE_BF16}, {"q8_0", GGML_TYPE_Q8_0}};

// Negative logarithm of the probability that these logits give the token.
double Surprise(std::span<const float> logits, TokenId token) {
  const float highest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - highest));
  return std::log(sum) + highest - logits[static_cast<size_t>(token)];
}

// A context like the engine's, with its cache in the given type.
class Context {
 public:
  Context(const Model& model, const ThreadPool& threads, ggml_type type, int rows)
      : vocabulary_(model.info().vocabulary_size), batch_(llama_batch_init(kBatchRows, 0, 1)) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = kSequences * kChunk;
    params.n_batch = params.n_ubatch = kBatchRows;
    params.n_seq_max = kSequences;
    params.n_outputs_max = static_cast<uint32_t>(kSequences * rows);
    params.n_threads = params.n_threads_batch = threads.size();
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    params.kv_unified = true;
    params.type_k = params.type_v = type;
    context_ = llama_init_from_model(model.handle(), params);
    if (context_ == nullptr) Die("no context with such a cache");
    threads.Attach(context_);
  }
  ~Context() {
    llama_detach_threadpool(context_);
    llama_free(context_);
    llama_batch_free(batch_);
  }
  Context(const Context&) = delete;

  void Clear() { llama_memory_clear(llama_get_memory(context_), false); }

  int Add(int sequence, int position, TokenId token, bool output) {
    const int row = batch_.n_tokens++;
    batch_.token[row] = token;
    batch_.pos[row] = position;
    batch_.n_seq_id[row] = 1;
    batch_.seq_id[row][0] = sequence;
    batch_.logits[row] = output;
    return row;
  }

  void Compute() {
    if (llama_decode(context_, batch_) != 0) Die("the computation failed");
    batch_.n_tokens = 0;
  }

  std::span<const float> Logits(int row) {
    return {llama_get_logits_ith(context_, row), vocabulary_};
  }

  static constexpr int kBatchRows = 512;

 private:
  size_t vocabulary_;
  llama_batch batch_;
  llama_context* context_ = nullptr;
};

using Chunks = std::vector<std::span<const TokenId>>;

// The second halves of these chunks, at most kSequences, side by side.
void ScoreTogether(Context& context, std::span<const std::span<const TokenId>> chunks, int rows,
                   std::vector<double>& surprises) {
  context.Clear();
  const int count = static_cast<int>(chunks.size());
  const auto token = [&](int s, int at) {
    return chunks[static_cast<size_t>(s)][static_cast<size_t>(at)];
  };
  for (int s = 0; s < count; ++s) {
    for (int at = 0; at < kFirst; ++at) context.Add(s, at, token(s, at), false);
    context.Compute();
  }
  struct Row {
    int row;
    TokenId next;
  };
  std::vector<Row> scored;
  for (int from = kFirst; from < kChunk - 1; from += rows) {
    scored.clear();
    const int end = std::min(from + rows, kChunk - 1);
    for (int s = 0; s < count; ++s) {
      for (int at = from; at < end; ++at) {
        scored.push_back({context.Add(s, at, token(s, at), true), token(s, at + 1)});
      }
    }
    context.Compute();
    for (const Row& row : scored) {
      surprises.push_back(Surprise(context.Logits(row.row), row.next));
      if (!std::isfinite(surprises.back())) Die("a logit is not a number");
    }
  }
}

std::vector<double> Score(Context& context, const Chunks& chunks, int rows) {
  std::vector<double> surprises;
  for (size_t begin = 0; begin < chunks.size(); begin += kSequences) {
    const size_t count = std::min<size_t>(kSequences, chunks.size() - begin);
    ScoreTogether(context, std::span(chunks).subspan(begin, count), rows, surprises);
  }
  return surprises;
}

struct Mean {
  double value = 0;
  double standard_error = 0;
};

Mean MeanOf(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1) / count)};
}

void Print(std::string_view type, const std::vector<double>& surprises,
           const std::vector<double>& base, uint64_t taken) {
  const Mean mean = MeanOf(surprises);
  std::vector<double> differences(surprises.size());
  std::ranges::transform(surprises, base, differences.begin(), std::minus<>());
  const Mean difference = MeanOf(differences);
  const double perplexity = std::exp(mean.value);
  std::printf(R"({"type":"%s","scored":%zu,"perplexity":%.6f,"standard_error":%.6f,)"
              R"("log_ratio":%.8f,"log_ratio_error":%.8f,"attention_taken":%llu})"
              "\n",
              std::string(type).c_str(), surprises.size(), perplexity,
              perplexity * mean.standard_error, difference.value, difference.standard_error,
              static_cast<unsigned long long>(taken));
  std::fflush(stdout);
}

std::string ReadText(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Die(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<TokenId> TokensOf(const Model& model, const char* path, size_t chunks) {
  std::vector<TokenId> tokens =
      model.Tokenize(ReadText(path), bedplate::engine::SpecialTokens::kAsText, false);
  const size_t count = std::min(chunks, tokens.size() / kChunk);
  if (count == 0) Die("the text is too short for a chunk");
  tokens.resize(count * kChunk);
  // A model that wants a beginning gets it in the place of each chunk's first token.
  const llama_vocab* const vocabulary = llama_model_get_vocab(model.handle());
  for (size_t at = 0; model.AddsBegin() && at < tokens.size(); at += kChunk) {
    tokens[at] = llama_vocab_bos(vocabulary);
  }
  return tokens;
}

ggml_type TypeNamed(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &CacheType::name);
  if (found == std::end(kTypes)) Die("the types are f16, bf16 and q8_0");
  return found->type;
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 6 ? std::atoi(argv[5]) : 0;
  if (rows < 1 || rows * kSequences > Context::kBatchRows) {
    std::fprintf(stderr,
                 "usage: quality_bench MODEL TEXT THREADS CHUNKS ROWS TYPE...\n"
                 "ROWS: 1 to 32\n");
    return 2;
  }
  bedplate::engine::StartBackend();
  const std::string products = bedplate::products::Install().kernel;
  const std::string attention = bedplate::kernels::Install().kernel;
  const auto model = Model::Load(argv[1]);
  if (!model) Die(model.error().message);
  const ThreadPool threads(std::atoi(argv[3]));
  const std::vector<TokenId> tokens =
      TokensOf(**model, argv[2], std::strtoul(argv[4], nullptr, 10));
  Chunks chunks;
  for (size_t at = 0; at < tokens.size(); at += kChunk) {
    chunks.push_back(std::span(tokens).subspan(at, kChunk));
  }
  std::printf(R"({"chunks":%zu,"attention":"%s","products":"%s"})"
              "\n",
              chunks.size(), attention.c_str(), products.c_str());
  std::vector<double> base;
  for (const std::string_view type : std::span(argv + 6, argv + argc)) {
    Context context(**model, threads, TypeNamed(type), rows);
    const uint64_t before = bedplate::kernels::OperationsTaken();
    const std::vector<double> surprises = Score(context, chunks, rows);
    if (base.empty()) base = surprises;
    Print(type, surprises, base, bedplate::kernels::OperationsTaken() - before);
  }
  return 0;
}
