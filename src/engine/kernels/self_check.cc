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
// (from lists). The plain operation runs on two threads, so that every part of a kernel takes part;
// the forms on one, for a busy machine keeps two waiting for each other.
class SmallOperations {
 public:
  static constexpr int kNodes = 1 + kFormCount;

  SmallOperations() : backend_(ggml_backend_cpu_init()) {
    context_.reset(ggml_init({.mem_size = ggml_tensor_overhead() * 64 + 2 * ggml_graph_overhead(),
                              .mem_buffer = nullptr,
                              .no_alloc = true}));
    ggml_context* const c = context_.get();
    queries_ = ggml_new_tensor_3d(c, GGML_TYPE_F32, kHeadSize, kHeads, kQueries);
    mask_ = NewMask();
    biased_mask_ = NewMask();
    sinks_ = ggml_new_tensor_1d(c, GGML_TYPE_F32, kHeads);
    Add(GGML_TYPE_F16, mask_, 0, 0);
    for (int form = 0; form < kFormCount; ++form) Add(static_cast<Form>(form));
    plain_ = ggml_new_graph(c);
    forms_ = ggml_new_graph(c);
    ggml_build_forward_expand(plain_, out_.front());
    for (size_t i = 1; i < out_.size(); ++i) ggml_build_forward_expand(forms_, out_[i]);
    buffer_.reset(ggml_backend_alloc_ctx_tensors(c, backend_.get()));
    FillNumbers();
    FillMasks();
  }

  // The results of all nodes: the plain one's, then each form's.
  std::vector<std::vector<float>> Compute() {
    ggml_backend_cpu_set_n_threads(backend_.get(), 1);
    ggml_backend_graph_compute(backend_.get(), forms_);
    ggml_backend_cpu_set_n_threads(backend_.get(), 2);
    ggml_backend_graph_compute(backend_.get(), plain_);
    std::vector<std::vector<float>> results;
    for (const ggml_tensor* const out : out_) {
      const auto* const numbers = static_cast<const float*>(out->data);
      results.emplace_back(numbers, numbers + ggml_nelements(out));
    }
    return results;
  }

 private:
  static constexpr int64_t kHeadSize = 64;
  static constexpr int64_t kHeads = 6;
  static constexpr int64_t kKeyHeads = 2;
  static constexpr int64_t kQueries = 7;
  static constexpr int64_t kCells = 256;
  static constexpr float kScale = 0.125f;

  ggml_tensor* NewMask() {
    return ggml_new_tensor_2d(context_.get(), GGML_TYPE_F16, kCells, kQueries);
  }

  // Parameters with which forgetting a form is a gross error.
  void Add(Form form) {
    switch (form) {
      case Form::kBf16:
        return Add(GGML_TYPE_BF16, mask_, 0, 0);
      case Form::kQ8:
        return Add(GGML_TYPE_Q8_0, mask_, 0, 0);
      case Form::kAlibi:
        return Add(GGML_TYPE_F16, biased_mask_, 4, 0);
      case Form::kSoftCap:
        return Add(GGML_TYPE_F16, mask_, 0, 0.5f);
      case Form::kSinks:
        Add(GGML_TYPE_F16, mask_, 0, 0);
        return ggml_flash_attn_ext_add_sinks(out_.back(), sinks_);
    }
  }

  void Add(ggml_type type, ggml_tensor* mask, float max_bias, float soft_cap) {
    ggml_context* const c = context_.get();
    const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(c, t, 0, 2, 1, 3); };
    for (int i = 0; i < 2; ++i) {
      cells_.push_back(ggml_new_tensor_3d(c, type, kHeadSize, kKeyHeads, kCells));
    }
    ggml_tensor* const keys = cells_[cells_.size() - 2];
    out_.push_back(ggml_flash_attn_ext(c, heads_out(queries_), heads_out(keys),
                                       heads_out(cells_.back()), mask, kScale, max_bias, soft_cap));
  }

  void FillNumbers() {
    Numbers numbers;
    auto* const queries = static_cast<float*>(queries_->data);
    for (int64_t i = 0; i < ggml_nelements(queries_); ++i) queries[i] = 2 * numbers.Next();
    for (int64_t i = 0; i < kHeads; ++i) {
      static_cast<float*>(sinks_->data)[i] = 5 + static_cast<float>(i) / 4;
    }
    for (ggml_tensor* const cells : cells_) {
      std::vector<float> floats(ggml_nelements(cells));
      for (float& x : floats) x = numbers.Next();
      ggml_quantize_chunk(cells->type, floats.data(), cells->data, 0, ggml_nrows(cells), kHeadSize,
                          nullptr);
    }
  }

  void FillMasks() {
    auto* const hidden = static_cast<ggml_fp16_t*>(mask_->data);
    auto* const biased = static_cast<ggml_fp16_t*>(biased_mask_->data);
    for (int64_t query = 0; query < kQueries; ++query) {
      for (int64_t cell = 0; cell < kCells; ++cell) {
        const bool seen = cell < kCells / 2 || cell % kQueries == query;
        const float bias = -static_cast<float>(cell % 50) / 4;
        hidden[query * kCells + cell] = ggml_fp32_to_fp16(seen ? 0.0f : -INFINITY);
        biased[query * kCells + cell] = ggml_fp32_to_fp16(seen ? bias : -INFINITY);
      }
    }
  }

  std::unique_ptr<ggml_backend, BackendDeleter> backend_;
  std::unique_ptr<ggml_context, ContextDeleter> context_;
  std::unique_ptr<ggml_backend_buffer, BufferDeleter> buffer_;
  ggml_tensor* queries_ = nullptr;
  ggml_tensor* mask_ = nullptr;
  ggml_tensor* biased_mask_ = nullptr;
  ggml_tensor* sinks_ = nullptr;
  std::vector<ggml_tensor*> cells_;
  std::vector<ggml_tensor*> out_;
  ggml_cgraph* plain_ = nullptr;
  ggml_cgraph* forms_ = nullptr;
};

bool Agree(const std::vector<float>& ours, const std::vector<float>& theirs) {
  double difference = 0;
  double length = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
    length += theirs[i] * theirs[i];
  }
  // Written so that NaN fails.
  return std::sqrt(difference / length) <= kDifferenceMax;
}

}  // namespace

Agreement CompareWithGgml(const Kernel& kernel) {
  SmallOperations operations;
  UseKernel(nullptr);
  const auto theirs = operations.Compute();
  const uint64_t taken = NodesTaken();
  UseKernel(&kernel, Forms::All());
  const auto ours = operations.Compute();
  UseKernel(nullptr);
  Agreement agreement;
  if (NodesTaken() != taken + SmallOperations::kNodes) return agreement;
  agreement.plain = Agree(ours[0], theirs[0]);
  for (int form = 0; form < kFormCount; ++form) {
    if (Agree(ours[1 + form], theirs[1 + form])) agreement.forms.Add(static_cast<Form>(form));
  }
  return agreement;
}

}  // namespace bedplate::kernels
