// answer_likelihood MODEL.gguf THREADS < questions.jsonl > likelihoods.tsv
//
// For each line {"prompt": ..., "answer": ...}: the log-likelihood (natural) that the model gives
// to the answer, behind the prompt in its own chat template, and the answer's bytes. Tokens of
// models differ, bytes do not, so that two models can be compared. train.py reads both numbers.
//
// Threads: one, beside llama.cpp's own.
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/json/value.h"

namespace {

constexpr int kContextTokens = 1024;
constexpr int kPromptTokensMax = 640;

std::vector<llama_token> Tokenize(const llama_vocab* vocab, const std::string& text, bool special) {
  std::vector<llama_token> tokens(text.size() + 8);
  const int count =
      llama_tokenize(vocab, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                     static_cast<int32_t>(tokens.size()), special, special);
  tokens.resize(static_cast<size_t>(std::max(count, 0)));
  return tokens;
}

std::string InTemplate(const llama_model* model, const std::string& prompt) {
  const llama_chat_message message{.role = "user", .content = prompt.c_str()};
  std::vector<char> text(prompt.size() * 2 + 4096);
  const int size = llama_chat_apply_template(llama_model_chat_template(model, nullptr), &message, 1,
                                             true, text.data(), static_cast<int32_t>(text.size()));
  return size < 0 ? std::string() : std::string(text.data(), static_cast<size_t>(size));
}

double LogLikelihood(const float* logits, int count, llama_token token) {
  const float most = *std::max_element(logits, logits + count);
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += std::exp(static_cast<double>(logits[i] - most));
  return static_cast<double>(logits[token] - most) - std::log(sum);
}

std::string Member(const bedplate::json::Value& line, const char* name) {
  const auto* member = line.Find(name);
  const std::string* text = member == nullptr ? nullptr : member->AsString();
  return text == nullptr ? "" : *text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_model* model = llama_model_load_from_file(argv[1], llama_model_default_params());
  if (model == nullptr) return 1;
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = kContextTokens;
  params.n_threads = params.n_threads_batch = std::atoi(argv[2]);
  llama_context* context = llama_init_from_model(model, params);
  if (context == nullptr) return 1;
  const llama_vocab* vocab = llama_model_get_vocab(model);
  const int vocabulary = llama_vocab_n_tokens(vocab);
  llama_batch batch = llama_batch_init(kContextTokens, 0, 1);
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = bedplate::json::Value::Parse(text);
    if (!line) return 1;
    auto tokens = Tokenize(vocab, InTemplate(model, Member(*line, "prompt")), true);
    if (tokens.size() > kPromptTokensMax)
      tokens.erase(tokens.begin(), tokens.end() - kPromptTokensMax);
    const size_t begin = tokens.size();
    const std::string said = Member(*line, "answer");
    const auto answer = Tokenize(vocab, said, false);
    tokens.insert(tokens.end(), answer.begin(), answer.end());
    batch.n_tokens = static_cast<int32_t>(tokens.size());
    for (size_t i = 0; i < tokens.size(); ++i) {
      batch.token[i] = tokens[i];
      batch.pos[i] = static_cast<llama_pos>(i);
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = i + 1 >= begin && i + 1 < tokens.size();
    }
    llama_memory_clear(llama_get_memory(context), true);
    if (answer.empty() || tokens.size() > kContextTokens || llama_decode(context, batch) != 0)
      return 1;
    double sum = 0;
    for (size_t i = begin; i < tokens.size(); ++i) {
      sum += LogLikelihood(llama_get_logits_ith(context, static_cast<int32_t>(i - 1)), vocabulary,
                           tokens[i]);
    }
    std::printf("%.6f\t%zu\n", sum, said.size());
    std::fflush(stdout);
  }
  llama_batch_free(batch);
  llama_free(context);
  llama_model_free(model);
  return 0;
}
