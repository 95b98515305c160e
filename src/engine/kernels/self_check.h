// Small operations, computed by ggml's own code and by one of our kernels.
#pragma once

#include "engine/kernels/attention.h"
#include "engine/kernels/forms.h"

namespace bedplate::kernels {

struct Agreement {
  bool plain = false;  // without it the forms mean nothing
  Forms forms;         // each tried alone
};

// What they agree on, as far as ggml's own precision goes. Takes some milliseconds. The hook is
// registered; afterwards no kernel is in use.
Agreement CompareWithGgml(const Kernel& kernel);

}  // namespace bedplate::kernels
