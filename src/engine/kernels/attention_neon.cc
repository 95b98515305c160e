// Attention for aarch64 processors, which all have NEON with conversions from F16.
#if defined(__aarch64__)
#define HWY_COMPILE_ONLY_STATIC
#define HWY_BASELINE_TARGETS HWY_NEON
#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/attention.h"
#include "engine/kernels/dispatch.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/scratch.h"

HWY_BEFORE_NAMESPACE();

namespace bedplate::kernels::neon {
namespace {

constexpr int kLanes = 4;
constexpr int kRegisters = 32;
#include "engine/kernels/vector_inl.h"
//
#include "engine/kernels/dense_inl.h"
#include "engine/kernels/mask_inl.h"
#include "engine/kernels/sparse_inl.h"
#include "engine/kernels/work_inl.h"
//
#include "engine/kernels/format_inl.h"
//
#include "engine/kernels/list_inl.h"
//
#include "engine/kernels/run_inl.h"
//
#include "engine/kernels/item_inl.h"

}  // namespace
}  // namespace bedplate::kernels::neon

HWY_AFTER_NAMESPACE();

namespace bedplate::kernels {

const Kernel kNeonKernel{.name = "neon",
                         .lanes = neon::kLanes,
                         .look = neon::LookAtUnit,
                         .compute = neon::ComputeItem,
                         .merge = neon::MergeRows};

}  // namespace bedplate::kernels

#endif
