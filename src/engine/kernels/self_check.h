// One small operation, computed by ggml's own code and by one of our kernels.
#pragma once

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

// Whether they agree, as far as ggml's own precision goes. The hook is registered; afterwards no
// kernel is in use.
bool AgreesWithGgml(const Kernel& kernel);

}  // namespace bedplate::kernels
