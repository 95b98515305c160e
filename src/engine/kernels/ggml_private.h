// The private headers of ggml's CPU backend that the hook needs, and what it relies on in them. The
// only file that includes them. When the pinned llama.cpp changes, this fails to compile with a
// message that says so, instead of misbehaving.
#pragma once

#if !__has_include("ggml-cpu-impl.h") || !__has_include("traits.h")
#error "llama.cpp moved ggml/src/ggml-cpu/{ggml-cpu-impl,traits}.h: adapt src/engine/kernels"
#endif

#include <type_traits>
#include <vector>

#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml-cpu-impl.h"
#include "ggml-cpu.h"
#include "ggml.h"
#include "traits.h"

namespace bedplate::kernels {

#define BEDPLATE_EXPECT_GGML(...)                                            \
  static_assert(__VA_ARGS__,                                                 \
                "the pinned llama.cpp changed its private interface: adapt " \
                "src/engine/kernels/ggml_hook.cc to it, then this line")

// How an operation is offered to us.
using GgmlTraits = ggml::cpu::tensor_traits;
using GgmlExtraType = ggml::cpu::extra_buffer_type;
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(&GgmlTraits::work_size),
                                    bool (GgmlTraits::*)(int, const ggml_tensor*, size_t&)>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(&GgmlTraits::compute_forward),
                                    bool (GgmlTraits::*)(ggml_compute_params*, ggml_tensor*)>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(&GgmlExtraType::get_tensor_traits),
                                    GgmlTraits* (GgmlExtraType::*)(const ggml_tensor*)>);
BEDPLATE_EXPECT_GGML(
    std::is_same_v<decltype(&GgmlExtraType::supports_op),
                   bool (GgmlExtraType::*)(ggml_backend_dev_t, const ggml_tensor*)>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(ggml_backend_cpu_get_extra_buffer_types()),
                                    std::vector<ggml_backend_buffer_type_t>&>);

// How its threads work together.
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(ggml_compute_params::ith), int>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(ggml_compute_params::nth), int>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(ggml_compute_params::wsize), size_t>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(ggml_compute_params::wdata), void*>);
BEDPLATE_EXPECT_GGML(std::is_same_v<decltype(&ggml_barrier), void (*)(ggml_threadpool*)>);
BEDPLATE_EXPECT_GGML(
    std::is_same_v<decltype(&ggml_threadpool_chunk_set), void (*)(ggml_threadpool*, int)>);
BEDPLATE_EXPECT_GGML(
    std::is_same_v<decltype(&ggml_threadpool_chunk_add), int (*)(ggml_threadpool*, int)>);

}  // namespace bedplate::kernels
