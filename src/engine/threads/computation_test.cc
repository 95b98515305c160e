// Computations of graphs are told apart, and what our attention remembers of a mask never outlives
// one. With ggml-cpu.c as the engine links it.
#include "engine/threads/computation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "engine/kernels/ggml_hook.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace {

namespace kernels = bedplate::kernels;

constexpr int64_t kHeadSize = 64;
constexpr int64_t kHeads = 4;
constexpr int64_t kCells = 2048;
constexpr int64_t kQueries = 40;
constexpr int kLayers = 3;

struct ContextDeleter {
  void operator()(ggml_context* c) const { ggml_free(c); }
};
struct BackendDeleter {
  void operator()(ggml_backend* b) const { ggml_backend_free(b); }
};
struct BufferDeleter {
  void operator()(ggml_backend_buffer* b) const { ggml_backend_buffer_free(b); }
};

// Attention in several layers with one mask. Every value of V is the number of its cell, so that a
// query that sees a single cell gets that cell's number.
class Layers {
 public:
  explicit Layers(bool mask_is_input, ggml_custom1_op_t between = nullptr) {
    context_.reset(ggml_init({ggml_tensor_overhead() * 64 + ggml_graph_overhead(), nullptr, true}));
    ggml_context* const c = context_.get();
    ggml_tensor* const q = ggml_new_tensor_3d(c, GGML_TYPE_F32, kHeadSize, kHeads, kQueries);
    ggml_tensor* const k = ggml_new_tensor_3d(c, GGML_TYPE_F16, kHeadSize, kHeads, kCells);
    ggml_tensor* const v = ggml_new_tensor_3d(c, GGML_TYPE_F16, kHeadSize, kHeads, kCells);
    mask_ = ggml_new_tensor_2d(c, GGML_TYPE_F16, kCells, kQueries);
    if (mask_is_input) ggml_set_input(mask_);
    const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(c, t, 0, 2, 1, 3); };
    graph_ = ggml_new_graph(c);
    for (int i = 0; i < kLayers; ++i) {
      out_.push_back(
          ggml_flash_attn_ext(c, heads_out(q), heads_out(k), heads_out(v), mask_, 1, 0, 0));
      ggml_build_forward_expand(graph_, out_.back());
      if (between) {
        ggml_build_forward_expand(graph_, ggml_map_custom1_inplace(c, mask_, between, 1, nullptr));
      }
    }
    buffer_.reset(ggml_backend_alloc_ctx_tensors(c, backend_.get()));
    ggml_set_f32(q, 1);
    ggml_set_f32(k, 0);
    auto* const values = static_cast<ggml_fp16_t*>(v->data);
    for (int64_t i = 0; i < ggml_nelements(v); ++i) {
      values[i] = ggml_fp32_to_fp16(static_cast<float>(i / (kHeadSize * kHeads)));
    }
  }

  void Show(int64_t cell) {
    auto* const mask = static_cast<ggml_fp16_t*>(mask_->data);
    for (int64_t i = 0; i < kCells * kQueries; ++i) {
      mask[i] = ggml_fp32_to_fp16(i % kCells == cell ? 0 : -INFINITY);
    }
  }

  void Compute(int threads) {
    ggml_backend_cpu_set_n_threads(backend_.get(), threads);
    ASSERT_EQ(ggml_backend_graph_compute(backend_.get(), graph_), GGML_STATUS_SUCCESS);
  }
  void ComputeWithContext(int threads) {
    // Needs a context that owns memory for its work.
    const std::unique_ptr<ggml_context, ContextDeleter> work(
        ggml_init({size_t{64} << 20, nullptr, false}));
    ASSERT_EQ(ggml_graph_compute_with_ctx(work.get(), graph_, threads), GGML_STATUS_SUCCESS);
  }

  void ExpectCell(int64_t cell, int layer) const {
    const auto* const numbers = static_cast<const float*>(out_[layer]->data);
    for (int64_t i = 0; i < ggml_nelements(out_[layer]); ++i) {
      ASSERT_EQ(numbers[i], static_cast<float>(cell)) << "layer " << layer << " number " << i;
    }
  }
  void ExpectCell(int64_t cell) const {
    for (int layer = 0; layer < kLayers; ++layer) ExpectCell(cell, layer);
  }

 private:
  std::unique_ptr<ggml_backend, BackendDeleter> backend_{ggml_backend_cpu_init()};
  std::unique_ptr<ggml_context, ContextDeleter> context_;
  std::unique_ptr<ggml_backend_buffer, BufferDeleter> buffer_;
  ggml_tensor* mask_ = nullptr;
  std::vector<ggml_tensor*> out_;
  ggml_cgraph* graph_ = nullptr;
};

class ComputationTest : public testing::Test {
 protected:
  void SetUp() override {
    const kernels::KernelList list = kernels::RunnableKernels();
    if (list.count == 0) GTEST_SKIP() << "no kernel for this processor";
    ASSERT_TRUE(kernels::RegisterHook());
    kernels::UseKernel(list.kernels[0]);
  }
  void TearDown() override { kernels::UseKernel(nullptr); }
};

TEST_F(ComputationTest, AMaskIsLookedAtOnceForAllLayers) {
  Layers layers(true);
  for (const int threads : {1, 2, 3}) {
    layers.Show(5);
    const uint64_t looked = kernels::MasksLookedAt();
    const uint64_t taken = kernels::NodesTaken();
    layers.Compute(threads);
    layers.ExpectCell(5);
    EXPECT_EQ(kernels::MasksLookedAt(), looked + 1);
    EXPECT_EQ(kernels::NodesTaken(), taken + kLayers);
  }
}

TEST_F(ComputationTest, AMaskThatIsNoInputIsLookedAtInEachLayer) {
  Layers layers(false);
  layers.Show(5);
  const uint64_t looked = kernels::MasksLookedAt();
  layers.Compute(2);
  layers.ExpectCell(5);
  EXPECT_EQ(kernels::MasksLookedAt(), looked + kLayers);
}

TEST_F(ComputationTest, NewContentsAtTheSameAddressAreSeen) {
  Layers layers(true);
  for (int64_t cell = 0; cell < 8; ++cell) {
    layers.Show(100 * cell);
    layers.Compute(2);
    layers.ExpectCell(100 * cell);
    layers.Show(100 * cell + 1);
    layers.ComputeWithContext(2);
    layers.ExpectCell(100 * cell + 1);
  }
}

TEST_F(ComputationTest, NewContentsAreSeenFromAnyThread) {
  Layers layers(true);
  for (int64_t cell = 0; cell < 8; ++cell) {
    layers.Show(100 * cell);
    std::thread([&] { layers.Compute(2); }).join();
    layers.ExpectCell(100 * cell);
    layers.Show(100 * cell + 1);
    layers.Compute(1);
    layers.ExpectCell(100 * cell + 1);
  }
}

TEST_F(ComputationTest, SeveralThreadsComputeAtOnce) {
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 3; ++t) {
    threads.emplace_back([t] {
      Layers layers(true);
      for (int64_t cell = 0; cell < 10; ++cell) {
        layers.Show(20 * t + cell);
        layers.Compute(2);
        layers.ExpectCell(20 * t + cell);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A graph that changes its own input between two layers: the next cell is seen instead.
void ShowNext(ggml_tensor* mask, const ggml_tensor*, int thread, int, void*) {
  if (thread != 0) return;
  auto* const numbers = static_cast<ggml_fp16_t*>(mask->data);
  for (int64_t i = kCells * kQueries - 1; i > 0; --i) numbers[i] = numbers[i - 1];
}

TEST_F(ComputationTest, AMaskThatItsGraphWritesIsLookedAtInEachLayer) {
  Layers layers(true, ShowNext);
  layers.Show(7);
  layers.Compute(2);
  layers.ExpectCell(7, 0);
  layers.ExpectCell(8, 1);
  layers.ExpectCell(9, 2);
}

BedplateComputation seen_inside;
BedplateComputation seen_after;

void ComputeNested(ggml_tensor*, const ggml_tensor*, int thread, int, void* layers) {
  if (thread != 0) return;
  seen_inside = BedplateCurrentComputation();
  static_cast<Layers*>(layers)->Compute(1);
  seen_after = BedplateCurrentComputation();
}

TEST_F(ComputationTest, NumbersAreOfTheInnermostComputation) {
  EXPECT_EQ(BedplateCurrentComputation().number, 0U);
  Layers inner(true);
  inner.Show(3);
  ggml_context* const c = ggml_init({size_t{1} << 20, nullptr, false});
  ggml_tensor* const x = ggml_new_tensor_1d(c, GGML_TYPE_F32, 4);
  ggml_cgraph* const graph = ggml_new_graph(c);
  ggml_build_forward_expand(graph, ggml_map_custom1(c, x, ComputeNested, 1, &inner));
  ggml_graph_compute_with_ctx(c, graph, 1);
  inner.ExpectCell(3);
  EXPECT_NE(seen_inside.number, 0U);
  EXPECT_EQ(seen_inside.graph, graph);
  EXPECT_EQ(seen_after.number, seen_inside.number);
  EXPECT_EQ(seen_after.graph, graph);
  const uint64_t first = seen_inside.number;
  ggml_graph_compute_with_ctx(c, graph, 1);
  EXPECT_GT(seen_inside.number, first + 1) << "the nested one has a number too";
  EXPECT_EQ(BedplateCurrentComputation().number, 0U);
  ggml_free(c);
}

}  // namespace
