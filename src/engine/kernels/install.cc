#include "engine/kernels/install.h"

#include "engine/kernels/attention.h"
#include "engine/kernels/forms.h"
#include "engine/kernels/ggml_hook.h"
#include "engine/kernels/self_check.h"

namespace bedplate::kernels {

namespace {

// Uses the kernel for what it agrees with ggml on.
void UseWhatAgrees(const Kernel& kernel, const Agreement& agreement, Installation& result) {
  UseKernel(&kernel, agreement.forms);
  result.active = true;
  result.kernel = kernel.name;
  for (int i = 0; i < kFormCount; ++i) {
    const auto form = static_cast<Form>(i);
    if (agreement.forms.Has(form)) continue;
    result.left_out.emplace_back(NameOf(form));
    result.note += "attention kernel " + result.kernel + " differs from ggml's in " +
                   result.left_out.back() + ", which is left to ggml; ";
  }
}

}  // namespace

Installation Install(std::string_view wanted) {
  UseKernel(nullptr);
  Installation result{.active = false, .kernel = "ggml", .left_out = {}, .note = {}};
  if (wanted == "ggml") return result;
  if (!RegisterHook()) {
    result.note = "ggml's CPU backend is not there";
    return result;
  }
  const KernelList list = RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    const Kernel& kernel = *list.kernels[i];
    if (wanted != "auto" && wanted != kernel.name) continue;
    const Agreement agreement = CompareWithGgml(kernel);
    if (agreement.plain) {
      UseWhatAgrees(kernel, agreement, result);
      return result;
    }
    result.note += "attention kernel " + std::string(kernel.name) +
                   " differs from ggml's on this machine and is not used; ";
  }
  if (result.note.empty()) {
    result.note = wanted == "auto"
                      ? "no attention kernel for this processor"
                      : "no attention kernel " + std::string(wanted) + " for this processor";
  }
  return result;
}

void CutFor(int threads) { CutForThreads(threads); }

uint64_t OperationsTaken() { return NodesTaken(); }

}  // namespace bedplate::kernels
