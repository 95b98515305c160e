// The products alone, on one thread: processor microseconds of one matrix of each format under
// ggml's code, ggml's repacked code where it has some, and each of our kernels, in turn. Processor
// time, so that a busy machine disturbs little. Prints one JSON line for each format, number of
// activations and variant.
//
//   products_bench [ROUNDS]
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/products/ggml_type.h"
#include "engine/products/install.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace {

namespace products = bedplate::products;

// Of a model of a billion weights, as many matrices as do not fit into the processor's caches.
constexpr int64_t kColumns = 2048;
constexpr int64_t kRows = 2048;
constexpr int kMatrices = 16;

constexpr ggml_type kFormats[] = {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1,
                                  GGML_TYPE_Q8_0, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K,
                                  GGML_TYPE_F16,  GGML_TYPE_BF16};

double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// ggml's own buffer type for the format, or none.
ggml_backend_buffer_type_t RepackedType(ggml_type format) {
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  const auto offered =
      reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
          ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
  for (ggml_backend_buffer_type_t* type = offered(device); *type != nullptr; ++type) {
    if (std::string_view(ggml_backend_buft_name(*type)) == "bedplate-panels") continue;
    ggml_context* const c = ggml_init({ggml_tensor_overhead() * 4, nullptr, true});
    ggml_tensor* const weights = ggml_new_tensor_2d(c, format, kColumns, kRows);
    ggml_backend_buffer_t empty = ggml_backend_buft_alloc_buffer(*type, 0);
    weights->buffer = empty;
    ggml_tensor* const activations = ggml_new_tensor_2d(c, GGML_TYPE_F32, kColumns, 4);
    const bool takes = ggml_backend_dev_supports_op(device, ggml_mul_mat(c, weights, activations));
    ggml_backend_buffer_free(empty);
    ggml_free(c);
    if (takes) return *type;
  }
  return nullptr;
}

// Seconds of one product, at best.
double Measure(ggml_type format, ggml_backend_buffer_type_t type, int64_t count, int rounds) {
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, 1);
  const auto overhead = ggml_tensor_overhead() * 64 + ggml_graph_overhead();
  ggml_context* const w = ggml_init({overhead, nullptr, true});
  ggml_context* const c = ggml_init({overhead, nullptr, true});
  std::vector<ggml_tensor*> weights;
  for (int i = 0; i < kMatrices; ++i) {
    weights.push_back(ggml_new_tensor_2d(w, format, kColumns, kRows));
  }
  ggml_backend_buffer_t weight_buffer = ggml_backend_alloc_ctx_tensors_from_buft(w, type);
  ggml_tensor* const activations = ggml_new_tensor_2d(c, GGML_TYPE_F32, kColumns, count);
  ggml_cgraph* const graph = ggml_new_graph(c);
  for (ggml_tensor* const matrix : weights) {
    ggml_build_forward_expand(graph, ggml_mul_mat(c, matrix, activations));
  }
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(c, backend);
  std::vector<float> numbers(static_cast<size_t>(kColumns * std::max(kRows, count)));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(static_cast<float>(i % 7919));
  std::vector<uint8_t> blocks(ggml_nbytes(weights[0]));
  ggml_quantize_chunk(format, numbers.data(), blocks.data(), 0, kRows, kColumns, nullptr);
  for (ggml_tensor* const matrix : weights) {
    ggml_backend_tensor_set(matrix, blocks.data(), 0, blocks.size());
  }
  ggml_backend_tensor_set(activations, numbers.data(), 0, ggml_nbytes(activations));
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double begin = Seconds();
    ggml_backend_graph_compute(backend, graph);
    best = std::min(best, (Seconds() - begin) / kMatrices);
  }
  ggml_backend_buffer_free(buffer);
  ggml_backend_buffer_free(weight_buffer);
  ggml_free(c);
  ggml_free(w);
  ggml_backend_free(backend);
  return best;
}

void Compare(ggml_type format, int64_t count, int rounds) {
  double of_ggml = 0;
  const auto report = [&](const std::string& variant, ggml_backend_buffer_type_t type) {
    const double seconds = Measure(format, type, count, rounds);
    if (of_ggml == 0) of_ggml = seconds;
    std::printf(R"({"format":"%s","activations":%d,"variant":"%s","us":%.1f,"ratio":%.2f})"
                "\n",
                ggml_type_name(format), static_cast<int>(count), variant.c_str(), 1e6 * seconds,
                of_ggml / seconds);
    std::fflush(stdout);
  };
  report("ggml", ggml_backend_cpu_buffer_type());
  if (ggml_backend_buffer_type_t repacked = RepackedType(format)) {
    report(ggml_backend_buft_name(repacked), repacked);
  }
  for (const char* kernel : {"avx512", "avx2"}) {
    if (products::Install(kernel).active && products::TakesType(format))
      report(kernel, products::PanelBufferType());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  products::Install();  // before ggml's list of buffer types is made
  for (const ggml_type format : kFormats) {
    for (const int64_t count : {1, 8, 256}) Compare(format, count, rounds);
  }
}
