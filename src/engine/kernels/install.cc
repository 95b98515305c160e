#include "engine/kernels/install.h"

#include "engine/kernels/attention.h"
#include "engine/kernels/ggml_hook.h"
#include "engine/kernels/self_check.h"

namespace bedplate::kernels {

Installation Install(std::string_view wanted) {
  UseKernel(nullptr);
  Installation result{.active = false, .kernel = "ggml", .note = {}};
  if (wanted == "ggml") return result;
  if (!RegisterHook()) {
    result.note = "ggml's CPU backend is not there";
    return result;
  }
  const KernelList list = RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    const Kernel& kernel = *list.kernels[i];
    if (wanted != "auto" && wanted != kernel.name) continue;
    if (!AgreesWithGgml(kernel)) {
      result.note += "attention kernel " + std::string(kernel.name) +
                     " differs from ggml's on this machine and is not used; ";
      continue;
    }
    UseKernel(&kernel);
    result.active = true;
    result.kernel = kernel.name;
    return result;
  }
  if (result.note.empty()) {
    result.note = wanted == "auto"
                      ? "no attention kernel for this processor"
                      : "no attention kernel " + std::string(wanted) + " for this processor";
  }
  return result;
}

uint64_t OperationsTaken() { return NodesTaken(); }

}  // namespace bedplate::kernels
