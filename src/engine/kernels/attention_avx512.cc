// Attention for x86-64 processors with AVX-512. All that is included from outside comes before the
// pragma: an inline function of another header compiled for AVX-512 could be the one that the
// linker keeps for everybody.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/kernels/attention.h"
#include "engine/kernels/dispatch.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/scratch.h"

#pragma clang attribute push(                                                               \
    __attribute__((                                                                         \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt"))), \
    apply_to = function)

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

#pragma clang attribute pop

namespace bedplate::kernels {

const Kernel kAvx512Kernel{.name = "avx512",
                           .lanes = avx512::kLanes,
                           .look = avx512::LookAtUnit,
                           .compute = avx512::ComputeItem,
                           .merge = avx512::MergeRows};

}  // namespace bedplate::kernels
