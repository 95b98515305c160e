// Attention for x86-64 processors with AVX-512. All that is included from outside comes before the
// attributes: an inline function of another header compiled for AVX-512 could be the one that the
// linker keeps for everybody.
#if defined(__x86_64__)
// Nothing but what dispatch.cc asks for.
#define HWY_DISABLE_PCLMUL_AES
#define HWY_COMPILE_ONLY_STATIC
#define HWY_BASELINE_TARGETS HWY_AVX3
#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/attention.h"
#include "engine/kernels/dispatch.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/scratch.h"

HWY_BEFORE_NAMESPACE();

namespace bedplate::kernels::avx512 {
namespace {

constexpr int kLanes = 16;
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
}  // namespace bedplate::kernels::avx512

HWY_AFTER_NAMESPACE();

namespace bedplate::kernels {

const Kernel kAvx512Kernel{.name = "avx512",
                           .lanes = avx512::kLanes,
                           .look = avx512::LookAtUnit,
                           .compute = avx512::ComputeItem,
                           .merge = avx512::MergeRows};

}  // namespace bedplate::kernels

#endif
