// Attention over a KV cache on the processor: out = softmax(scale * Q K^T + mask) V, for many
// queries that each see their own set of cells.
//
// Nothing here knows ggml; ggml_hook.cc fills Attention from a graph node. The work of one
// Attention is cut into items (Plan), which any threads compute in any order, then rows are merged
// if cells were cut too. Results do not depend on which thread computed what.
//
// Arithmetic: F32, with online softmax; relative error of the output below 2e-6 for F16 inputs. A
// query whose mask leaves no cell gets zeros. What a query may not see does not touch its result,
// not even NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bedplate::kernels {

// Sizes are counts, strides are bytes. Rows (one head of one cell or query) are contiguous.
struct Attention {
  const char* queries = nullptr;  // F32
  const char* keys = nullptr;     // F16
  const char* values = nullptr;   // F16
  const char* mask = nullptr;     // F16, added to the score; -inf hides a cell; null: all is seen
  float* out = nullptr;           // [stream][query][head][value_size]

  int64_t key_size = 0;    // of a head; a multiple of 16, at most kHeadSizeMax
  int64_t value_size = 0;  // likewise
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

  int64_t group() const { return heads / key_heads; }
};

inline constexpr int64_t kHeadSizeMax = 256;
inline constexpr int64_t kHeadSizeStep = 16;

// Rows (query x head) that are computed together where cells are seen by many.
inline constexpr int64_t kRowsMax = 48;
// Queries of an item.
inline constexpr int64_t kTileQueriesMax = kRowsMax;

// How an Attention is cut up.
struct Plan {
  int64_t slice = 0;         // heads of one group computed together, <= kRowsMax
  int64_t tile_queries = 0;  // queries of an item
  int64_t tiles = 0;         // of one stream
  int64_t chunk_cells = 0;   // cells of an item
  int64_t chunks = 0;        // items for one tile; 1: items write their results themselves
  int64_t items = 0;
  int64_t scratch_bytes = 0;  // of each thread
  int64_t partial_bytes = 0;  // of each item, 0 when chunks == 1

  // Bytes of work memory for so many threads, whatever its alignment.
  int64_t WorkBytes(int threads) const;
};

// `threads` decides how fine the cut is.
Plan MakePlan(const Attention& attention, int threads);

// Work memory as the plan lays it out: a thread's scratch and an item's partial result.
class WorkMemory {
 public:
  WorkMemory(void* memory, const Plan& plan, int threads);
  char* Scratch(int thread) const { return base_ + thread * scratch_bytes_; }
  float* Partial(int64_t item) const {
    return reinterpret_cast<float*>(partials_ + item * partial_bytes_);
  }

 private:
  char* base_;
  char* partials_;
  int64_t scratch_bytes_;
  int64_t partial_bytes_;
};

// One instruction set's code.
struct Kernel {
  std::string_view name;  // "avx512", "avx2"
  int64_t lanes = 0;      // floats of a vector
  // Computes item `item` of the plan.
  void (*compute)(const Attention&, const Plan&, int64_t item, char* scratch, float* partial);
  // Merges the partial results of output rows [begin, end), counted as in `out`; all items done.
  void (*merge)(const Attention&, const Plan&, const WorkMemory&, int64_t begin, int64_t end);
};

// Those that this processor can run, the best first; empty where none is built for it.
struct KernelList {
  const Kernel* kernels[2] = {};
  size_t count = 0;
};
KernelList RunnableKernels();

}  // namespace bedplate::kernels
