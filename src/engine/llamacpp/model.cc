#include "engine/llamacpp/model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <utility>

#include "base/log.h"
#include "engine/buffers/mapped_files.h"
#include "engine/llamacpp/backend.h"
#include "llama.h"

namespace bedplate::engine {

namespace {

// The file's pages are let go whenever so much more of it was loaded.
constexpr float kReleaseStep = 1.0F / 16;

struct Loading {
  const LoadOptions& options;
  float released = 0;  // what was loaded when pages were let go last
};

// Called by llama.cpp before each tensor that it copies out of the mapped file: the file and the
// copies of all of it at once would be a peak of memory that nothing needs later.
bool Progress(float progress, void* user_data) {
  auto& loading = *static_cast<Loading*>(user_data);
  if (progress >= loading.released + kReleaseStep) {
    loading.released = progress;
    // Asked for again below, where a failure is told.
    [[maybe_unused]] const auto released = ReleaseMappedFiles();
  }
  if (loading.options.progress) loading.options.progress(progress);
  return true;  // go on
}

}  // namespace

Result<std::unique_ptr<Model>> Model::Load(const std::string& path, const LoadOptions& options) {
  ReportCrashesAsBadModel(path);
  llama_model* raw = nullptr;
  Loading loading{options};
  std::string reason = "llama.cpp cannot read it (see the log lines before)";
  try {
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    params.progress_callback = Progress;
    params.progress_callback_user_data = &loading;
    if (options.weightless) {
      params.no_alloc = true;
      params.load_mode = LLAMA_LOAD_MODE_NONE;
    }
    raw = llama_model_load_from_file(path.c_str(), params);
  } catch (const std::exception& exception) {
    reason = exception.what();
  }
  if (raw == nullptr) {
    StopReportingCrashes();
    return Fail(Fault::kValidation, "the model file " + path + " is not usable: " + reason);
  }
  std::unique_ptr<Model> model(new Model(raw));
  model->ReadInfo();
  StopReportingCrashes();
  if (llama_vocab_type(model->vocabulary_) == LLAMA_VOCAB_TYPE_NONE) {
    return Fail(Fault::kValidation,
                "the model file " + path + " is not usable: it has no vocabulary");
  }
  model->LoadAdapters(options.adapters);
  if (auto released = ReleaseMappedFiles(); !released) {
    log::Warning("engine", "the model takes more memory than it needs",
                 {{"reason", released.error().message}});
  }
  return model;
}

Model::Model(llama_model* model) : model_(model), vocabulary_(llama_model_get_vocab(model)) {}

Model::~Model() { llama_model_free(model_); }

// One file at several scales is in memory once.
void Model::LoadAdapters(const std::vector<AdapterSource>& sources) {
  for (const AdapterSource& source : sources) {
    ModelAdapter adapter{.source = source};
    const auto known = std::ranges::find(
        adapters_, source.path, [](const ModelAdapter& other) { return other.source.path; });
    if (known != adapters_.end()) {
      adapter.loaded = known->loaded;
      adapter.error = known->error;
    } else if (auto loaded = LoadAdapter(model_, source)) {
      adapter.loaded = *loaded;
    } else {
      adapter.error = std::move(loaded.error().message);
    }
    adapters_.push_back(std::move(adapter));
  }
}

Result<void> Model::PutAdapterTo(llama_context* context, AdapterId adapter) const {
  llama_adapter_lora* loaded = nullptr;
  float scale = 0;
  if (adapter > 0) {
    loaded = adapters_.at(adapter - 1).loaded;
    scale = adapters_[adapter - 1].source.scale;
  }
  const size_t count = loaded == nullptr ? 0 : 1;
  if ((adapter > 0 && count == 0) ||
      llama_set_adapters_lora(context, count == 0 ? nullptr : &loaded, count,
                              count == 0 ? nullptr : &scale) != 0) {
    return Fail(Fault::kModelError, "the adapter can't be put to the model");
  }
  return {};
}

std::string Model::Metadata(const std::string& key) const {
  const int32_t length = llama_model_meta_val_str(model_, key.c_str(), nullptr, 0);
  if (length < 0) return {};
  std::string value(static_cast<size_t>(length) + 1, '\0');
  llama_model_meta_val_str(model_, key.c_str(), value.data(), value.size());
  value.pop_back();
  return value;
}

float Model::MetadataNumber(const std::string& key, float absent) const {
  const std::string text = Metadata(key);
  float value = absent;
  std::from_chars(text.data(), text.data() + text.size(), value);
  // Whoever made the file may have written anything; nothing read here is larger than this.
  return std::isfinite(value) ? std::clamp(value, -1e6F, 1e6F) : absent;
}

void Model::ReadInfo() {
  info_.architecture = Metadata("general.architecture");
  info_.name = Metadata("general.name");
  info_.context_length = static_cast<uint32_t>(std::max(0, llama_model_n_ctx_train(model_)));
  info_.embedding_length = static_cast<uint32_t>(llama_model_n_embd_out(model_));
  info_.vocabulary_size = static_cast<uint32_t>(llama_vocab_n_tokens(vocabulary_));
  info_.parameters = llama_model_n_params(model_);
  info_.size_bytes = llama_model_size(model_);
  const char* chat_template = llama_model_chat_template(model_, nullptr);
  if (chat_template != nullptr) info_.chat_template = chat_template;
  info_.causal = Metadata(info_.architecture + ".attention.causal") != "false";
  const auto pooling = static_cast<int>(MetadataNumber(info_.architecture + ".pooling_type", -1));
  info_.ranks = pooling == LLAMA_POOLING_TYPE_RANK;
  // llama.cpp ends the computation of these with a softmax over their labels.
  info_.scores_are_probabilities = info_.architecture == "qwen3" || info_.architecture == "qwen3vl";
  const char* rerank_template = llama_model_chat_template(model_, "rerank");
  if (rerank_template != nullptr) info_.rerank_template = rerank_template;
  info_.embeds = pooling >= LLAMA_POOLING_TYPE_MEAN && pooling <= LLAMA_POOLING_TYPE_LAST;
  info_.splits_sequences = !llama_model_is_recurrent(model_) && !llama_model_is_hybrid(model_);
  info_.saves_sequences = info_.splits_sequences && llama_model_n_swa(model_) == 0;
  info_.temperature = MetadataNumber("general.sampling.temp", -1);
  info_.top_p = MetadataNumber("general.sampling.top_p", -1);
  info_.top_k = static_cast<int>(MetadataNumber("general.sampling.top_k", -1));
  info_.min_p = MetadataNumber("general.sampling.min_p", -1);
  for (TokenId token = 0; token < static_cast<TokenId>(info_.vocabulary_size); ++token) {
    if (!llama_vocab_is_control(vocabulary_, token)) continue;
    std::string text = TokenText(token);
    if (!text.empty()) control_texts_.push_back(std::move(text));
  }
  info_.token_bytes_max = LongestToken();
}

// The other kinds of vocabulary fold white space or drop what they do not know.
size_t Model::LongestToken() const {
  const auto kind = llama_vocab_type(vocabulary_);
  if (kind != LLAMA_VOCAB_TYPE_BPE && kind != LLAMA_VOCAB_TYPE_SPM) return 0;
  size_t longest = 0;
  std::string piece;
  for (TokenId token = 0; token < static_cast<TokenId>(info_.vocabulary_size); ++token) {
    piece.clear();
    AppendPiece(token, piece);
    longest = std::max(longest, piece.size());
  }
  for (const std::string& text : control_texts_) longest = std::max(longest, text.size());
  return longest;
}

std::vector<TokenId> Model::Tokenize(std::string_view text, SpecialTokens special,
                                     bool add_special) const {
  const bool parse = special == SpecialTokens::kParsed;
  const auto length = static_cast<int32_t>(text.size());
  // No vocabulary makes more tokens of a text than it has bytes, but for those it puts around it.
  std::vector<TokenId> tokens(text.size() + 8);
  int32_t count = llama_tokenize(vocabulary_, text.data(), length, tokens.data(),
                                 static_cast<int32_t>(tokens.size()), add_special, parse);
  if (count < 0 && count != INT32_MIN) {
    tokens.resize(static_cast<size_t>(-count));
    count =
        llama_tokenize(vocabulary_, text.data(), length, tokens.data(), -count, add_special, parse);
  }
  tokens.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return tokens;
}

void Model::AppendPiece(TokenId token, std::string& out) const {
  char small[64];
  int32_t length = llama_token_to_piece(vocabulary_, token, small, sizeof small, 0, false);
  if (length >= 0) {
    out.append(small, static_cast<size_t>(length));
    return;
  }
  const size_t before = out.size();
  out.resize(before + static_cast<size_t>(-length));
  length = llama_token_to_piece(vocabulary_, token, out.data() + before, -length, 0, false);
  out.resize(before + static_cast<size_t>(length < 0 ? 0 : length));
}

void Model::AppendControlText(TokenId token, std::string& out) const { out += TokenText(token); }

bool Model::EndsGeneration(TokenId token) const { return llama_vocab_is_eog(vocabulary_, token); }

std::string Model::TokenText(TokenId token) const {
  const char* text = token < 0 ? nullptr : llama_vocab_get_text(vocabulary_, token);
  return text == nullptr ? "" : text;
}

std::string Model::BeginText() const { return TokenText(llama_vocab_bos(vocabulary_)); }
std::string Model::EndText() const { return TokenText(llama_vocab_eos(vocabulary_)); }
bool Model::AddsBegin() const { return llama_vocab_get_add_bos(vocabulary_); }
bool Model::AddsEnd() const { return llama_vocab_get_add_eos(vocabulary_); }

Model::PairFrame Model::FrameOfPairs() const {
  const auto add = [](std::vector<TokenId>& tokens, bool wanted, TokenId token) {
    if (wanted && token != LLAMA_TOKEN_NULL) tokens.push_back(token);
  };
  const bool adds_separator = llama_vocab_get_add_sep(vocabulary_);
  const TokenId separator = llama_vocab_sep(vocabulary_);
  PairFrame frame;
  add(frame.before, AddsBegin(), llama_vocab_bos(vocabulary_));
  add(frame.between, AddsEnd(), llama_vocab_eos(vocabulary_));
  add(frame.between, adds_separator, separator);
  add(frame.behind, AddsEnd(), llama_vocab_eos(vocabulary_));
  // BERT, which has no other end.
  add(frame.behind, adds_separator && !AddsEnd(), separator);
  return frame;
}

std::span<const TokenId> Model::SuppressedTokens() const {
  int32_t count = 0;
  const llama_token* tokens = llama_vocab_get_suppress_tokens(vocabulary_, &count);
  return {tokens, static_cast<size_t>(count)};
}

}  // namespace bedplate::engine
