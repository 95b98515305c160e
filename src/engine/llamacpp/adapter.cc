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

// What llama.cpp would pass over, so that such an adapter would be served in part; empty where it
// takes all of the file. Looked at before the file is loaded, as what is loaded stays.
std::string PassedOver(const std::string& path) {
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
  if (!file) return {};
  for (int64_t i = 0; i < gguf_get_n_tensors(file.get()); ++i) {
    const std::string_view name = gguf_get_tensor_name(file.get(), i);
    if (name.ends_with("_norm.weight")) {
      return "it changes " + std::string(name) + ", and only matrices can be changed";
    }
  }
  const int64_t words = gguf_find_key(file.get(), "adapter.alora.invocation_tokens");
  if (words >= 0 && gguf_get_kv_type(file.get(), words) == GGUF_TYPE_ARRAY &&
      gguf_get_arr_n(file.get(), words) > 0) {
    return "it is to be activated in mid-text (aLoRA), and adapters are always active";
  }
  return {};
}

}  // namespace

Result<llama_adapter_lora*> LoadAdapter(llama_model* model, const std::string& path) {
  ReportCrashesAsBadModel(path.c_str());
  TakeLastError();
  llama_adapter_lora* adapter = nullptr;
  std::string reason;
  try {
    reason = PassedOver(path);
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
