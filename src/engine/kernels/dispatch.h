// The instruction sets there is code for.
#pragma once

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

#if defined(__x86_64__)
extern const Kernel kAvx512Kernel;
extern const Kernel kAvx2Kernel;
#elif defined(__aarch64__)
extern const Kernel kNeonKernel;
#endif

}  // namespace bedplate::kernels
