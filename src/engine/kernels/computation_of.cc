#include "engine/kernels/computation_of.h"

#include "engine/threads/computation.h"

// Linked with the wrapper of ggml_graph_compute, or not at all.
extern "C" [[gnu::weak]] BedplateComputation BedplateCurrentComputation();

namespace bedplate::kernels {
namespace {

bool OnlyLooks(ggml_op op) {
  return op == GGML_OP_NONE || op == GGML_OP_VIEW || op == GGML_OP_RESHAPE ||
         op == GGML_OP_PERMUTE || op == GGML_OP_TRANSPOSE;
}

}  // namespace

uint64_t ComputationOf(const ggml_tensor* mask) {
  if (!BedplateCurrentComputation) return 0;
  const uint64_t number = BedplateCurrentComputation().number;
  if (!mask) return number;
  // A graph's input keeps its memory until its last use; what a node computes may share memory with
  // what other nodes compute before and after it.
  const bool input =
      mask->op == GGML_OP_NONE && !mask->view_src && (mask->flags & GGML_TENSOR_FLAG_INPUT) != 0;
  return input ? number : 0;
}

bool IsWrittenInComputation(const ggml_tensor* mask) {
  auto* const graph = const_cast<ggml_cgraph*>(BedplateCurrentComputation().graph);
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    const ggml_tensor* const node = ggml_graph_node(graph, i);
    if (node->view_src == mask && !OnlyLooks(node->op)) return true;
  }
  return false;
}

}  // namespace bedplate::kernels
