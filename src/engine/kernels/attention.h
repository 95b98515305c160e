// Attention over a KV cache on the processor: out = softmax(scale * Q K^T + mask) V, for many
// queries that each see their own set of cells.
//
// Nothing here knows ggml; ggml_hook.cc fills Attention from a graph node. The mask is looked at
// first (mask_inl.h), then the work is cut into items by what the queries see (plan.h), which any
// threads compute in any order; rows whose cells were cut too are merged at the end. Results do not
// depend on which thread computed what.
//
// Arithmetic: F32, with online softmax; relative error of the output below 2e-6, beside what the
// formats of K and V have lost. A query whose mask leaves no cell gets zeros, with a sink too. What
// a query may not see does not touch its result, not even NaN; what it sees does, so that numbers
// that are none are noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bedplate::kernels {

// How the numbers of K or V lie.
enum class Format : uint8_t {
  kF16,
  kBf16,
  kQ8,  // an F16 scale, then kQ8Block int8
};
inline constexpr int64_t kQ8Block = 32;

// Sizes are counts, strides are bytes. Rows (one head of one cell or query) are contiguous.
struct Attention {
  const char* queries = nullptr;  // F32
  const char* keys = nullptr;
  const char* values = nullptr;
  const char* mask = nullptr;    // F16, added to the score; -inf hides a cell; null: all is seen
  const float* sinks = nullptr;  // [heads] a score that takes its weight and adds no value; or null
  float* out = nullptr;          // [stream][query][head][value_size]

  Format key_format = Format::kF16;
  Format value_format = Format::kF16;

  // Of a head: a multiple of kHeadSizeStep, and of kQ8Block where so stored; at most kHeadSizeMax.
  int64_t key_size = 0;
  int64_t value_size = 0;
  int64_t query_count = 0;
  int64_t heads = 0;
  int64_t key_heads = 0;  // divides heads: consecutive heads share one
  int64_t streams = 0;
  int64_t cells = 0;

  int64_t query_stride = 0, query_head_stride = 0, query_stream_stride = 0;
  int64_t key_stride = 0, key_head_stride = 0, key_stream_stride = 0;
  int64_t value_stride = 0, value_head_stride = 0, value_stream_stride = 0;
  int64_t mask_stride = 0, mask_stream_stride = 0;  // from one query, or stream, to the next
  int64_t mask_streams = 1;                         // stream s uses mask s % mask_streams
  float scale = 1;
  float soft_cap = 0;  // scores become soft_cap * tanh(score / soft_cap), before the mask; 0: not
  float max_bias = 0;  // ALiBi: each head has the mask's values times a slope of its own; 0: 1

  int64_t group() const { return heads / key_heads; }
};

inline constexpr int64_t kHeadSizeMax = 576;  // latent attention's
inline constexpr int64_t kHeadSizeStep = 16;
// With more, slopes get too small for F32.
inline constexpr float kMaxBiasMax = 100;

// What a head's mask values are multiplied with.
float MaskSlope(const Attention& attention, int64_t head);

struct Plan;
struct MaskTable;
struct Survey;
class WorkMemory;

// One instruction set's code.
struct Kernel {
  std::string_view name;  // "avx512", "avx2", "neon"
  int64_t lanes = 0;      // floats of a vector
  // Fills unit `unit` of the plan's mask table.
  void (*look)(const Attention&, const Plan&, const MaskTable&, int64_t unit);
  // Computes item `item` of the survey.
  void (*compute)(const Attention&, const Survey&, int64_t item, const WorkMemory&, int thread);
  // Merges the partial results of output rows [begin, end), counted as in `out`; all items done.
  void (*merge)(const Attention&, const Survey&, const WorkMemory&, int64_t begin, int64_t end);
};

// Those that this processor can run, the best first; empty where none is built for it.
struct KernelList {
  const Kernel* kernels[2] = {};
  size_t count = 0;
};
KernelList RunnableKernels();

}  // namespace bedplate::kernels
