#include "engine/llamacpp/adapter.h"

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <string_view>

#include "engine/llamacpp/backend.h"
#include "ggml-cpu.h"
#include "gguf.h"
#include "llama-model.h"

namespace bedplate::engine {
namespace {

std::unexpected<Error> Unusable(const std::string& path, const std::string& reason) {
  return Fail(Fault::kValidation,
              "the adapter " + path + " can't be used with this model: " + reason);
}

constexpr std::string_view kEmbeddings = "token_embd.weight";

// Whether the matrix of the embeddings computes the output too.
bool OutputIsTied(const llama_model& model) {
  if (model.output != nullptr) return model.output->name == kEmbeddings;
  return model.arch == LLM_ARCH_BITNET;  // computes with the embeddings themselves
}

// Of a tensor of the file. llama.cpp compares two of its four dimensions before it takes it, and
// ggml aborts, or reads past its end, when it is first computed with; empty where it will not.
std::string Misfit(const llama_model& model, const ggml_tensor& tensor) {
  const std::string_view name = tensor.name;
  if (name.ends_with("_norm.weight")) {
    return fmt::format("it changes {}, and only matrices can be changed", name);
  }
  const bool is_pair = name.ends_with(".lora_a") || name.ends_with(".lora_b");
  const std::string changed(name.substr(0, is_pair ? name.rfind('.') : name.size()));
  if (!is_pair || changed.contains(".lora_")) return fmt::format("{} is no matrix of LoRA's", name);
  const ggml_tensor* weight = model.get_tensor(changed.c_str());
  if (weight == nullptr) return {};  // llama.cpp says so
  if (ggml_n_dims(weight) < 2) {
    return fmt::format("it changes {}, and only matrices can be changed", changed);
  }
  if (ggml_is_empty(&tensor)) return fmt::format("{} is empty", name);
  if (ggml_get_type_traits_cpu(tensor.type)->vec_dot == nullptr) {
    return fmt::format("{} is of the type {}, which can't be multiplied", name,
                       ggml_type_name(tensor.type));
  }
  // Matrices of experts are one tensor, and each expert has a pair of its own.
  if (tensor.ne[2] != weight->ne[2] || tensor.ne[3] != weight->ne[3]) {
    return fmt::format("{} has an incorrect shape: it is {} x {} matrices, and {} is {} x {}", name,
                       tensor.ne[2], tensor.ne[3], changed, weight->ne[2], weight->ne[3]);
  }
  if (changed == kEmbeddings && OutputIsTied(model)) {
    return fmt::format("it changes {}, which computes this model's output too", changed);
  }
  if (weight->type == GGML_TYPE_NVFP4 && changed.contains("ffn_")) {
    return fmt::format("it changes {}, which is of the type NVFP4", changed);
  }
  return {};
}

// The embeddings are looked up in A, whose rows then have what B multiplies.
std::string MisfitOfRanks(ggml_context* tensors) {
  ggml_tensor* a = ggml_get_tensor(tensors, "token_embd.weight.lora_a");
  ggml_tensor* b = ggml_get_tensor(tensors, "token_embd.weight.lora_b");
  if (a == nullptr || b == nullptr || a->ne[0] == b->ne[0]) return {};
  return fmt::format("{} and {} are of different ranks", a->name, b->name);
}

std::string TextOf(const gguf_context& file, const char* key) {
  const int64_t at = gguf_find_key(&file, key);
  const bool is_text = at >= 0 && gguf_get_kv_type(&file, at) == GGUF_TYPE_STRING;
  return is_text ? gguf_get_val_str(&file, at) : "";
}

// Why llama.cpp would serve such an adapter in part, or crash when it is used; empty where it takes
// all of the file, or says itself what is wrong. Looked at before the file is loaded, as what is
// loaded stays.
std::string Unfit(const llama_model& model, const std::string& path) {
  ggml_context* raw = nullptr;
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = &raw}), gguf_free);
  const std::unique_ptr<ggml_context, decltype(&ggml_free)> tensors(raw, ggml_free);
  if (!file) return {};
  const int64_t words = gguf_find_key(file.get(), "adapter.alora.invocation_tokens");
  if (words >= 0 && gguf_get_kv_type(file.get(), words) == GGUF_TYPE_ARRAY &&
      gguf_get_arr_n(file.get(), words) > 0) {
    return "it is to be activated in mid-text (aLoRA), and adapters are always active";
  }
  if (TextOf(*file, "general.type") != "adapter" ||
      llm_arch_from_string(TextOf(*file, "general.architecture")) != model.arch) {
    return {};
  }
  for (ggml_tensor* tensor = ggml_get_first_tensor(tensors.get()); tensor != nullptr;
       tensor = ggml_get_next_tensor(tensors.get(), tensor)) {
    if (std::string misfit = Misfit(model, *tensor); !misfit.empty()) return misfit;
  }
  return MisfitOfRanks(tensors.get());
}

}  // namespace

Result<llama_adapter_lora*> LoadAdapter(llama_model* model, const AdapterSource& source) {
  const std::string& path = source.path;
  ReportCrashesAsBadModel(path, source.name);
  TakeLastError();
  llama_adapter_lora* adapter = nullptr;
  std::string reason;
  try {
    reason = Unfit(*model, path);
    if (reason.empty()) {
      adapter = llama_adapter_lora_init(model, path.c_str());
      reason = TakeLastError();
    }
  } catch (const std::exception& exception) {
    reason = exception.what();
  }
  StopReportingCrashes();
  if (adapter == nullptr) return Unusable(path, reason);
  return adapter;
}

}  // namespace bedplate::engine
