#include "engine/products/self_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/products/ggml_type.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bedplate::products {
namespace {

// Both round activations to 8 bits in the same blocks; what differs is the rounding of scales. For
// the K formats ggml rounds 256 activations with one scale, for halves to 16 bits.
constexpr double kDifferenceMax = 1e-2;
constexpr int64_t kColumns = 512;  // two superblocks
constexpr int64_t kRows = 48;
constexpr int64_t kCount = 13;  // more than are computed together

struct ContextDeleter {
  void operator()(ggml_context* context) const { ggml_free(context); }
};
struct BackendDeleter {
  void operator()(ggml_backend* backend) const { ggml_backend_free(backend); }
};
struct BufferDeleter {
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
};
using Context = std::unique_ptr<ggml_context, ContextDeleter>;
using Buffer = std::unique_ptr<ggml_backend_buffer, BufferDeleter>;

Context MakeContext() {
  return Context(ggml_init({.mem_size = ggml_tensor_overhead() * 4 + ggml_graph_overhead(),
                            .mem_buffer = nullptr,
                            .no_alloc = true}));
}

// Numbers between -1 and 1 that look random and are the same each time.
std::vector<float> Numbers(int64_t count) {
  std::vector<float> numbers(static_cast<size_t>(count));
  uint32_t state = 1;
  for (float& number : numbers) {
    state = state * 1664525 + 1013904223;
    number = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
  return numbers;
}

// The product with the weights in a buffer of `type`, on two threads.
std::vector<float> Compute(ggml_backend* backend, ggml_backend_buffer_type_t type, ggml_type format,
                           const std::vector<uint8_t>& weights) {
  const Context weight_context = MakeContext();
  ggml_tensor* const matrix = ggml_new_tensor_2d(weight_context.get(), format, kColumns, kRows);
  const Buffer weight_buffer(ggml_backend_alloc_ctx_tensors_from_buft(weight_context.get(), type));
  const Context context = MakeContext();
  ggml_tensor* const activations =
      ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kColumns, kCount);
  ggml_tensor* const out = ggml_mul_mat(context.get(), matrix, activations);
  ggml_cgraph* const graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, out);
  const Buffer buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend));
  if (!weight_buffer || !buffer) return {};
  ggml_backend_tensor_set(matrix, weights.data(), 0, weights.size());
  const std::vector<float> numbers = Numbers(kColumns * kCount);
  ggml_backend_tensor_set(activations, numbers.data(), 0, numbers.size() * sizeof(float));
  ggml_backend_graph_compute(backend, graph);
  std::vector<float> result(static_cast<size_t>(kRows * kCount));
  ggml_backend_tensor_get(out, result.data(), 0, result.size() * sizeof(float));
  return result;
}

bool AgreesFor(ggml_backend* backend, ggml_type format) {
  const std::vector<float> numbers = Numbers(kColumns * kRows);
  std::vector<uint8_t> weights(ggml_row_size(format, kColumns) * kRows);
  ggml_quantize_chunk(format, numbers.data(), weights.data(), 0, kRows, kColumns, nullptr);
  const std::vector<float> theirs =
      Compute(backend, ggml_backend_cpu_buffer_type(), format, weights);
  const uint64_t taken = NodesTaken();
  const std::vector<float> ours = Compute(backend, PanelBufferType(), format, weights);
  if (theirs.empty() || ours.empty() || NodesTaken() != taken + 1) return false;
  double difference = 0;
  double length = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    difference += std::pow(ours[i] - theirs[i], 2);
    length += std::pow(theirs[i], 2);
  }
  // Written so that NaN fails.
  return std::sqrt(difference / length) <= kDifferenceMax;
}

}  // namespace

bool AgreesWithGgml() {
  const std::unique_ptr<ggml_backend, BackendDeleter> backend(ggml_backend_cpu_init());
  if (!backend) return false;
  ggml_backend_cpu_set_n_threads(backend.get(), 2);
  return std::ranges::all_of(
      std::to_array({GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q8_0,
                     GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K, GGML_TYPE_F16,
                     GGML_TYPE_BF16}),
      [&](ggml_type format) { return !TakesType(format) || AgreesFor(backend.get(), format); });
}

}  // namespace bedplate::products
