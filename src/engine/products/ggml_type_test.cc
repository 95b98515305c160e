#include "engine/products/ggml_type.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/products/install.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bedplate::products {
namespace {

struct Free {
  void operator()(ggml_context* context) const { ggml_free(context); }
  void operator()(ggml_backend* backend) const { ggml_backend_free(backend); }
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

struct Case {
  ggml_type type;
  int64_t columns;
  int64_t rows;
  int64_t count;
  int64_t batch;  // a third dimension of the activations, which are then a view with gaps
  int threads;
};

std::vector<float> Compute(const Case& c, ggml_backend_buffer_type_t type) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  const auto numbers = [&](int64_t count) {
    std::vector<float> made(static_cast<size_t>(count));
    for (float& number : made) number = normal(random);
    return made;
  };
  const ggml_init_params params{.mem_size = ggml_tensor_overhead() * 8 + ggml_graph_overhead(),
                                .mem_buffer = nullptr,
                                .no_alloc = true};
  const Owned<ggml_context> weight_context(ggml_init(params));
  ggml_tensor* weights = ggml_new_tensor_2d(weight_context.get(), c.type, c.columns, c.rows);
  const Owned<ggml_backend_buffer> weight_buffer(
      ggml_backend_alloc_ctx_tensors_from_buft(weight_context.get(), type));
  std::vector<uint8_t> blocks(ggml_nbytes(weights));
  ggml_quantize_chunk(c.type, numbers(c.columns * c.rows).data(), blocks.data(), 0, c.rows,
                      c.columns, nullptr);
  ggml_backend_tensor_set(weights, blocks.data(), 0, blocks.size());

  const Owned<ggml_context> context(ggml_init(params));
  const Owned<ggml_backend> backend(ggml_backend_cpu_init());
  ggml_backend_cpu_set_n_threads(backend.get(), c.threads);
  ggml_tensor* whole =
      ggml_new_tensor_3d(context.get(), GGML_TYPE_F32, c.columns + 32, c.count, c.batch);
  ggml_tensor* activations = ggml_view_3d(context.get(), whole, c.columns, c.count, c.batch,
                                          whole->nb[1], whole->nb[2], 16 * sizeof(float));
  ggml_tensor* out = ggml_mul_mat(context.get(), weights, activations);
  ggml_cgraph* graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, out);
  const Owned<ggml_backend_buffer> buffer(
      ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  const std::vector<float> values = numbers(ggml_nelements(whole));
  ggml_backend_tensor_set(whole, values.data(), 0, ggml_nbytes(whole));
  ggml_backend_graph_compute(backend.get(), graph);
  std::vector<float> result(static_cast<size_t>(ggml_nelements(out)));
  ggml_backend_tensor_get(out, result.data(), 0, ggml_nbytes(out));
  return result;
}

TEST(PanelType, ProductsAgreeWithGgml) {
  if (!Install().active) GTEST_SKIP() << "no kernel for this processor";
  for (const char* name : {"avx512", "avx2"}) {
    if (!Install(name).active) continue;
    for (const ggml_type type :
         {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q8_0,
          GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K, GGML_TYPE_F16, GGML_TYPE_BF16}) {
      if (!TakesType(type)) continue;
      const int64_t unit = ggml_blck_size(type) == 256 ? 256 : 32;
      for (const Case& c : {Case{type, 18 * unit, 192, 1, 1, 1}, Case{type, 2 * unit, 16, 5, 1, 2},
                            Case{type, 3 * unit, 320, 33, 1, 3}, Case{type, 4 * unit, 48, 7, 3, 2},
                            Case{type, unit, 1024, 2, 1, 4}}) {
        const uint64_t taken = ProductsTaken();
        const std::vector<float> ours = Compute(c, PanelBufferType());
        EXPECT_EQ(ProductsTaken(), taken + 1);
        const std::vector<float> theirs = Compute(c, ggml_backend_cpu_buffer_type());
        double difference = 0;
        double length = 0;
        for (size_t i = 0; i < ours.size(); ++i) {
          difference += std::pow(ours[i] - theirs[i], 2);
          length += std::pow(theirs[i], 2);
        }
        // For the K formats ggml rounds 256 activations with one scale.
        EXPECT_LE(std::sqrt(difference / length), unit == 256 ? 1.2e-2 : 5e-3)
            << name << " " << ggml_type_name(type) << " " << c.columns << " x " << c.rows << " x "
            << c.count;
      }
    }
  }
}

TEST(PanelType, TakesOnlyMatricesItCanLayOut) {
  if (!Install().active) GTEST_SKIP() << "no kernel for this processor";
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  const Owned<ggml_context> context(
      ggml_init({.mem_size = ggml_tensor_overhead() * 8, .mem_buffer = nullptr, .no_alloc = true}));
  const Owned<ggml_backend_buffer> empty(ggml_backend_buft_alloc_buffer(PanelBufferType(), 0));
  // As the loader asks: with a buffer of the type that holds nothing yet.
  const auto takes = [&](ggml_type type, int64_t columns, int64_t rows, int64_t experts) {
    ggml_reset(context.get());
    ggml_tensor* weights = ggml_new_tensor_3d(context.get(), type, columns, rows, experts);
    weights->buffer = empty.get();
    ggml_tensor* activations = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, columns, 4);
    return ggml_backend_dev_supports_op(device, ggml_mul_mat(context.get(), weights, activations));
  };
  EXPECT_TRUE(takes(GGML_TYPE_Q4_1, 64, 32, 1));
  EXPECT_TRUE(takes(GGML_TYPE_Q8_0, 64, 32, 1));
  EXPECT_FALSE(takes(GGML_TYPE_Q4_1, 64, 40, 1));
  EXPECT_EQ(takes(GGML_TYPE_Q4_K, 512, 32, 1), RunnableKernels().kernels[0]->takes_superblocks);
  EXPECT_FALSE(takes(GGML_TYPE_Q4_K, 288, 32, 1));
  EXPECT_FALSE(takes(GGML_TYPE_Q3_K, 512, 32, 1));
  EXPECT_TRUE(takes(GGML_TYPE_F16, 64, 32, 1));
  EXPECT_NE(takes(GGML_TYPE_BF16, 64, 32, 1), ggml_cpu_has_avx512_bf16() != 0);
  EXPECT_FALSE(takes(GGML_TYPE_F32, 64, 32, 1));
  UseKernel(nullptr);
  EXPECT_FALSE(takes(GGML_TYPE_Q4_1, 64, 32, 1));
}

TEST(Install, SaysWhyAKernelIsNotThere) {
  EXPECT_FALSE(Install("ggml").active);
  const Installation unknown = Install("avx9000");
  EXPECT_FALSE(unknown.active);
  EXPECT_EQ(unknown.kernel, "ggml");
  EXPECT_NE(unknown.note.find("avx9000"), std::string::npos);
}

}  // namespace
}  // namespace bedplate::products
