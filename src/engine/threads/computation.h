// Tells one computation of a graph from another: ggml_graph_compute, wrapped in ggml_cpu.c, counts
// on the thread that calls it. That thread is also thread 0 of the computation.
//
// For C and C++. Threads: each has numbers of its own, which mean nothing to others.
#pragma once

#include <stdint.h>

struct ggml_cgraph;  // NOLINT(readability-identifier-naming): by ggml

#ifdef __cplusplus
extern "C" {
#endif

struct BedplateComputation {
  uint64_t number;                  // from 1 on; 0: this thread computes no graph
  const struct ggml_cgraph* graph;  // that is computed
};

// Of the calling thread; the number is another for each call of ggml_graph_compute, and the outer
// one's again after a nested call.
struct BedplateComputation BedplateCurrentComputation(void);

#ifdef __cplusplus
}
#endif
