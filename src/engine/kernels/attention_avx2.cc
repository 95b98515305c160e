// Attention for x86-64 processors with AVX2. All that is included from outside comes before the
// attributes: an inline function of another header compiled for AVX2 could be the one that the
// linker keeps for everybody.
#if defined(__x86_64__)
// Nothing but what dispatch.cc asks for.
#define HWY_DISABLE_PCLMUL_AES
#define HWY_COMPILE_ONLY_STATIC
#define HWY_BASELINE_TARGETS HWY_AVX2
#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/attention.h"
#include "engine/kernels/dispatch.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/scratch.h"

HWY_BEFORE_NAMESPACE();

namespace bedplate::kernels::avx2 {
namespace {

constexpr int kLanes = 8;
constexpr int kRegisters = 16;
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
}  // namespace bedplate::kernels::avx2

HWY_AFTER_NAMESPACE();

namespace bedplate::kernels {

const Kernel kAvx2Kernel{.name = "avx2",
                         .lanes = avx2::kLanes,
                         .look = avx2::LookAtUnit,
                         .compute = avx2::ComputeItem,
                         .merge = avx2::MergeRows};

}  // namespace bedplate::kernels

#endif
