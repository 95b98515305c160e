#include "engine/kernels/self_check.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kernels/ggml_hook.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bedplate::kernels {
namespace {

// Sums of values in F16, as ggml keeps them when generating, differ by up to 6e-3.
constexpr double kDifferenceMax = 2e-2;

// Numbers between -1 and 1 that look random and are the same each time.
class Numbers {
 public:
  float Next() {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<float>(state_ >> 8) / (1 << 23) - 1;
  }

 private:
  uint32_t state_ = 1;
};

struct ContextDeleter {
  void operator()(ggml_context* context) const { ggml_free(context); }
};
struct BackendDeleter {
  void operator()(ggml_backend* backend) const { ggml_backend_free(backend); }
};
struct BufferDeleter {
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
};

// Several sequences in one cache: a prefix that all see (computed densely), then cells of their own
// (from lists), on two threads, so that every part of a kernel takes part.
class SmallOperation {
 public:
  SmallOperation() : backend_(ggml_backend_cpu_init()) {
    ggml_backend_cpu_set_n_threads(backend_.get(), 2);
    context_.reset(ggml_init({.mem_size = ggml_tensor_overhead() * 16 + ggml_graph_overhead(),
                              .mem_buffer = nullptr,
                              .no_alloc = true}));
    ggml_context* const c = context_.get();
    ggml_tensor* const q = ggml_new_tensor_3d(c, GGML_TYPE_F32, kHeadSize, kHeads, kQueries);
    ggml_tensor* const k = ggml_new_tensor_3d(c, GGML_TYPE_F16, kHeadSize, kKeyHeads, kCells);
    ggml_tensor* const v = ggml_new_tensor_3d(c, GGML_TYPE_F16, kHeadSize, kKeyHeads, kCells);
    ggml_tensor* const mask = ggml_new_tensor_2d(c, GGML_TYPE_F16, kCells, kQueries);
    const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(c, t, 0, 2, 1, 3); };
    out_ = ggml_flash_attn_ext(c, heads_out(q), heads_out(k), heads_out(v), mask, 0.125f, 0, 0);
    graph_ = ggml_new_graph(c);
    ggml_build_forward_expand(graph_, out_);
    buffer_.reset(ggml_backend_alloc_ctx_tensors(c, backend_.get()));

    Numbers numbers;
    auto* const queries = static_cast<float*>(q->data);
    for (int64_t i = 0; i < ggml_nelements(q); ++i) queries[i] = 2 * numbers.Next();
    for (ggml_tensor* const cells : {k, v}) {
      auto* const halves = static_cast<ggml_fp16_t*>(cells->data);
      for (int64_t i = 0; i < ggml_nelements(cells); ++i) {
        halves[i] = ggml_fp32_to_fp16(numbers.Next());
      }
    }
    auto* const hidden = static_cast<ggml_fp16_t*>(mask->data);
    for (int64_t query = 0; query < kQueries; ++query) {
      for (int64_t cell = 0; cell < kCells; ++cell) {
        const bool seen = cell < kCells / 2 || cell % kQueries == query;
        hidden[query * kCells + cell] = ggml_fp32_to_fp16(seen ? 0.0f : -INFINITY);
      }
    }
  }

  std::vector<float> Compute() {
    ggml_backend_graph_compute(backend_.get(), graph_);
    const auto* const numbers = static_cast<const float*>(out_->data);
    return {numbers, numbers + ggml_nelements(out_)};
  }

 private:
  static constexpr int64_t kHeadSize = 64;
  static constexpr int64_t kHeads = 6;
  static constexpr int64_t kKeyHeads = 2;
  static constexpr int64_t kQueries = 7;
  static constexpr int64_t kCells = 256;

  std::unique_ptr<ggml_backend, BackendDeleter> backend_;
  std::unique_ptr<ggml_context, ContextDeleter> context_;
  std::unique_ptr<ggml_backend_buffer, BufferDeleter> buffer_;
  ggml_tensor* out_ = nullptr;
  ggml_cgraph* graph_ = nullptr;
};

}  // namespace

bool AgreesWithGgml(const Kernel& kernel) {
  SmallOperation operation;
  UseKernel(nullptr);
  const std::vector<float> theirs = operation.Compute();
  const uint64_t taken = NodesTaken();
  UseKernel(&kernel);
  const std::vector<float> ours = operation.Compute();
  UseKernel(nullptr);
  if (NodesTaken() != taken + 1) return false;
  double difference = 0;
  double length = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
    length += theirs[i] * theirs[i];
  }
  // Written so that NaN fails.
  return std::sqrt(difference / length) <= kDifferenceMax;
}

}  // namespace bedplate::kernels
