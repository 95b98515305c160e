#include "engine/llamacpp/shared_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "llama.h"

namespace bedplate::engine {
namespace {

constexpr int32_t kFillingTokensMax = 256;

std::unexpected<Error> Differ(const std::string& how) {
  return Fail(
      Fault::kValidation,
      "the draft model does not fit the model: their vocabularies have to be the same, and " + how);
}

}  // namespace

Result<TokenId> SharedVocabulary(const Model& model, const Model& draft) {
  const llama_vocab* one = llama_model_get_vocab(model.handle());
  const llama_vocab* other = llama_model_get_vocab(draft.handle());
  if (llama_vocab_type(one) != llama_vocab_type(other)) {
    return Differ("they are of different kinds");
  }
  const int32_t one_size = llama_vocab_n_tokens(one);
  const int32_t other_size = llama_vocab_n_tokens(other);
  const int32_t shared = std::min(one_size, other_size);
  if (std::max(one_size, other_size) - shared > kFillingTokensMax) {
    return Differ(fmt::format("the model's has {} tokens, the draft's {}", one_size, other_size));
  }
  for (TokenId token = 0; token < shared; ++token) {
    const std::string_view text = llama_vocab_get_text(one, token);
    const std::string_view other_text = llama_vocab_get_text(other, token);
    if (text == other_text) continue;
    return Differ(fmt::format("token {} is '{}' in the model's, '{}' in the draft's", token, text,
                              other_text));
  }
  return shared;
}

}  // namespace bedplate::engine
