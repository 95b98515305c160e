#include "engine/llamacpp/ranking_head.h"

#include <memory>

#include "gguf.h"

namespace bedplate::engine {

bool HasRankingHead(const std::string& path) {
  const gguf_init_params params{.no_alloc = true, .ctx = nullptr};
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), params), gguf_free);
  // spec: llama.cpp src/llama-arch.cpp, LLM_TENSOR_CLS_OUT
  return file != nullptr && gguf_find_tensor(file.get(), "cls.output.weight") >= 0;
}

}  // namespace bedplate::engine
