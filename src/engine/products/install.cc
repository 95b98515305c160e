#include "engine/products/install.h"

#include "engine/products/ggml_type.h"
#include "engine/products/product.h"
#include "engine/products/self_check.h"

namespace bedplate::products {

Installation Install(std::string_view wanted) {
  UseKernel(nullptr);
  Installation result{.active = false, .kernel = "ggml", .note = {}};
  if (wanted == "ggml") return result;
  if (!RegisterType()) {
    result.note = "ggml's list of buffer types was made before ours could be in it";
    return result;
  }
  const KernelList list = RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    const Kernel& kernel = *list.kernels[i];
    if (wanted != "auto" && wanted != kernel.name) continue;
    UseKernel(&kernel);
    if (!AgreesWithGgml()) {
      UseKernel(nullptr);
      result.note += "product kernel " + std::string(kernel.name) +
                     " differs from ggml's on this machine and is not used; ";
      continue;
    }
    result.active = true;
    result.kernel = kernel.name;
    return result;
  }
  if (result.note.empty()) {
    result.note = wanted == "auto"
                      ? "no product kernel for this processor"
                      : "no product kernel " + std::string(wanted) + " for this processor";
  }
  return result;
}

uint64_t ProductsTaken() { return NodesTaken(); }

}  // namespace bedplate::products
