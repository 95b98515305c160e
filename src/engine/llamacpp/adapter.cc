#include "engine/llamacpp/adapter.h"

#include <exception>
#include <memory>
#include <string_view>

#include "engine/llamacpp/backend.h"
#include "gguf.h"
#include "llama.h"

namespace bedplate::engine {
namespace {

std::unexpected<Error> Unusable(const std::string& path, const std::string& reason) {
  return Fail(Fault::kValidation,
              "the adapter " + path + " can't be used with this model: " + reason);
}

// llama.cpp passes over what it can't add to norms; such an adapter would be served in part.
std::string FirstTensorPassedOver(const std::string& path) {
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
  if (!file) return {};
  for (int64_t i = 0; i < gguf_get_n_tensors(file.get()); ++i) {
    const std::string_view name = gguf_get_tensor_name(file.get(), i);
    if (name.ends_with("_norm.weight")) return std::string(name);
  }
  return {};
}

}  // namespace

Result<llama_adapter_lora*> LoadAdapter(llama_model* model, const std::string& path) {
  ReportCrashesAsBadModel(path.c_str());
  TakeLastError();
  llama_adapter_lora* adapter = nullptr;
  std::string passed_over;
  std::string reason;
  try {
    adapter = llama_adapter_lora_init(model, path.c_str());
    passed_over = FirstTensorPassedOver(path);
    reason = TakeLastError();
  } catch (const std::exception& exception) {
    reason = exception.what();
  }
  StopReportingCrashes();
  if (adapter == nullptr) return Unusable(path, reason);
  if (!passed_over.empty()) {
    return Unusable(path, "it changes " + passed_over + ", and only matrices can be changed");
  }
  if (llama_adapter_get_alora_n_invocation_tokens(adapter) > 0) {
    return Unusable(path,
                    "it is to be activated in mid-text (aLoRA), and adapters are always active");
  }
  return adapter;
}

Result<void> ApplyAdapter(llama_context* context, llama_adapter_lora* adapter, float scale) {
  if (llama_set_adapters_lora(context, &adapter, 1, &scale) != 0) {
    return Fail(Fault::kModelError, "the adapter can't be put to the model");
  }
  return {};
}

}  // namespace bedplate::engine
