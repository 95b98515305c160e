#include "engine/products/product.h"

namespace bedplate::products {

KernelList RunnableKernels() {
  KernelList list;
#if defined(__x86_64__)
  // What product_*.cc are compiled for; the operating system's part is looked at too.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  if (avx512) list.kernels[list.count++] = &kAvx512Kernel;
  if (avx2) list.kernels[list.count++] = &kAvx2Kernel;
#endif
  return list;
}

}  // namespace bedplate::products
