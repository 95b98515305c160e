// ggml's own ggml-cpu.c, compiled with another way to wait (patient_wait.h) in place of the pause
// instruction of its spinning loops, and with a number for each computation of a graph
// (computation.h). Linked as an object, it is found before the same file of the static library.
// Nothing of it is changed otherwise.
#if defined(__x86_64__)
#include <immintrin.h>

#include "engine/threads/patient_wait.h"
#define _mm_pause BedplateWaitTurn
#endif

#include "engine/threads/computation.h"
#include "ggml-cpu.h"

// Declared by ggml-cpu.h above, so that these names stay the wrappers'.
enum ggml_status BedplateComputeGraph(struct ggml_cgraph* graph, struct ggml_cplan* plan);
enum ggml_status BedplateComputeGraphWithContext(struct ggml_context* context,
                                                 struct ggml_cgraph* graph, int threads);
#define ggml_graph_compute BedplateComputeGraph
#define ggml_graph_compute_with_ctx BedplateComputeGraphWithContext
#include "ggml-cpu.c"
#undef ggml_graph_compute
#undef ggml_graph_compute_with_ctx

static _Thread_local struct BedplateComputation current_computation;
static _Thread_local uint64_t computation_count;

struct BedplateComputation BedplateCurrentComputation(void) { return current_computation; }

// Begins a computation; returns the one around it, if any.
static struct BedplateComputation BeginComputation(const struct ggml_cgraph* graph) {
  const struct BedplateComputation outer = current_computation;
  current_computation = (struct BedplateComputation){++computation_count, graph};
  return outer;
}

enum ggml_status ggml_graph_compute(struct ggml_cgraph* graph, struct ggml_cplan* plan) {
  const struct BedplateComputation outer = BeginComputation(graph);
  const enum ggml_status status = BedplateComputeGraph(graph, plan);
  current_computation = outer;
  return status;
}

enum ggml_status ggml_graph_compute_with_ctx(struct ggml_context* context,
                                             struct ggml_cgraph* graph, int threads) {
  const struct BedplateComputation outer = BeginComputation(graph);
  const enum ggml_status status = BedplateComputeGraphWithContext(context, graph, threads);
  current_computation = outer;
  return status;
}
