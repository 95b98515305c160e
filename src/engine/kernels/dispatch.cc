#include "engine/kernels/dispatch.h"

namespace bedplate::kernels {

KernelList RunnableKernels() {
  KernelList list;
#if defined(__x86_64__)
  // What attention_*.cc are compiled for; the operating system's part is looked at too.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
                    __builtin_cpu_supports("lzcnt");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512) list.kernels[list.count++] = &kAvx512Kernel;
  if (avx2) list.kernels[list.count++] = &kAvx2Kernel;
#elif defined(__aarch64__)
  list.kernels[list.count++] = &kNeonKernel;  // every such processor has what it needs
#endif
  return list;
}

}  // namespace bedplate::kernels
