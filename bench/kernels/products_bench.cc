// The products alone: microseconds of one matrix of each format under ggml's code, ggml's repacked
// code where it has some, and each of our kernels, in turn in every round. On one thread that is
// processor time, so that a busy machine disturbs little; on several it is what the clock says.
// Prints one JSON line for each format, number of activations and variant; first, what the machine
// reads from memory at best, which bounds a product with one row of activations.
//
//   products_bench [ROUNDS [THREADS [FORMAT...]]]
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/buffers/page_buffers.h"
#include "engine/products/ggml_type.h"
#include "engine/products/install.h"
#include "engine/products/product.h"
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

double Seconds(int threads) {
  timespec now{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
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

// What a round computes: as many products as there are matrices, of one format in one layout.
class Case {
 public:
  Case(std::string variant, ggml_type format, ggml_backend_buffer_type_t type, int64_t count,
       int threads)
      : variant_(std::move(variant)), threads_(threads) {
    ggml_backend_cpu_set_n_threads(backend_, threads);
    std::vector<ggml_tensor*> weights;
    for (int i = 0; i < kMatrices; ++i) {
      weights.push_back(ggml_new_tensor_2d(weight_context_, format, kColumns, kRows));
    }
    weight_buffer_ = ggml_backend_alloc_ctx_tensors_from_buft(weight_context_, type);
    ggml_tensor* const activations = ggml_new_tensor_2d(context_, GGML_TYPE_F32, kColumns, count);
    graph_ = ggml_new_graph(context_);
    for (ggml_tensor* const matrix : weights) {
      ggml_build_forward_expand(graph_, ggml_mul_mat(context_, matrix, activations));
    }
    buffer_ = ggml_backend_alloc_ctx_tensors(context_, backend_);
    std::vector<float> numbers(static_cast<size_t>(kColumns * std::max(kRows, count)));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(static_cast<float>(i % 7919));
    std::vector<uint8_t> blocks(ggml_nbytes(weights[0]));
    ggml_quantize_chunk(format, numbers.data(), blocks.data(), 0, kRows, kColumns, nullptr);
    for (ggml_tensor* const matrix : weights) {
      ggml_backend_tensor_set(matrix, blocks.data(), 0, blocks.size());
    }
    ggml_backend_tensor_set(activations, numbers.data(), 0, ggml_nbytes(activations));
  }
  ~Case() {
    ggml_backend_buffer_free(buffer_);
    ggml_backend_buffer_free(weight_buffer_);
    ggml_free(context_);
    ggml_free(weight_context_);
    ggml_backend_free(backend_);
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  void Round() {
    // The panels' code is that of now; ggml's does not ask.
    products::UseKernel(kernel_);
    const double begin = Seconds(threads_);
    ggml_backend_graph_compute(backend_, graph_);
    best_ = std::min(best_, (Seconds(threads_) - begin) / kMatrices);
  }
  void SetKernel(const products::Kernel* kernel) { kernel_ = kernel; }

  const std::string& variant() const { return variant_; }
  double best() const { return best_; }
  double matrix_bytes() const {
    return static_cast<double>(ggml_backend_buffer_get_size(weight_buffer_)) / kMatrices;
  }

 private:
  static ggml_context* MakeContext() {
    return ggml_init({ggml_tensor_overhead() * 64 + ggml_graph_overhead(), nullptr, true});
  }

  std::string variant_;
  int threads_;
  const products::Kernel* kernel_ = nullptr;
  ggml_backend_t backend_ = ggml_backend_cpu_init();
  ggml_context* weight_context_ = MakeContext();
  ggml_context* context_ = MakeContext();
  ggml_backend_buffer_t weight_buffer_ = nullptr;
  ggml_backend_buffer_t buffer_ = nullptr;
  ggml_cgraph* graph_ = nullptr;
  double best_ = 1e9;  // seconds of one product
};

void Compare(ggml_type format, int64_t count, int rounds, int threads) {
  std::vector<std::unique_ptr<Case>> cases;
  const auto add = [&](const std::string& variant, ggml_backend_buffer_type_t type) {
    return cases.emplace_back(std::make_unique<Case>(variant, format, type, count, threads)).get();
  };
  add("ggml", ggml_backend_cpu_buffer_type());
  if (ggml_backend_buffer_type_t repacked = RepackedType(format)) {
    add(ggml_backend_buft_name(repacked), repacked);
  }
  const products::KernelList list = products::RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    products::UseKernel(list.kernels[i]);
    if (!products::TakesType(format)) continue;
    add(std::string(list.kernels[i]->name), products::PanelBufferType())
        ->SetKernel(list.kernels[i]);
  }
  for (int round = 0; round < rounds; ++round) {
    for (const auto& each : cases) each->Round();
  }
  for (const auto& each : cases) {
    std::printf(
        R"({"format":"%s","activations":%d,"threads":%d,"variant":"%s","us":%.1f,"ratio":%.2f,)"
        R"("gb_s":%.1f})"
        "\n",
        ggml_type_name(format), static_cast<int>(count), threads, each->variant().c_str(),
        1e6 * each->best(), cases[0]->best() / each->best(),
        1e-9 * each->matrix_bytes() / each->best());
  }
  std::fflush(stdout);
}

uint64_t Read(const uint64_t* from, size_t count) {
  constexpr size_t kAhead = 512;  // 4 KiB
  constexpr size_t kLine = 8;
  uint64_t sums[kLine] = {};
  for (size_t i = 0; i + kLine <= count; i += kLine) {
    __builtin_prefetch(from + i + kAhead);
    for (size_t k = 0; k < kLine; ++k) sums[k] ^= from[i + k];
  }
  return std::accumulate(sums, sums + kLine, uint64_t{0});
}

void PrintReading(int rounds, int threads) {
  constexpr size_t kBytes = size_t{256} << 20;
  ggml_backend_buffer_t buffer =
      ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), kBytes);
  std::memset(ggml_backend_buffer_get_base(buffer), 1, kBytes);
  const auto* const from = static_cast<const uint64_t*>(ggml_backend_buffer_get_base(buffer));
  const size_t share = kBytes / sizeof(uint64_t) / static_cast<size_t>(threads);
  std::atomic<uint64_t> sink = 0;
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double begin = Seconds(threads);
    {
      std::vector<std::jthread> readers;
      for (int thread = 0; thread < threads; ++thread) {
        readers.emplace_back(
            [&, thread] { sink += Read(from + static_cast<size_t>(thread) * share, share); });
      }
    }
    best = std::min(best, Seconds(threads) - begin);
  }
  ggml_backend_buffer_free(buffer);
  std::printf(R"({"variant":"reading alone","threads":%d,"gb_s":%.1f})"
              "\n",
              threads, 1e-9 * kBytes / best);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const std::vector<std::string_view> wanted(argv + std::min(argc, 3), argv + argc);
  products::Install();  // before ggml's list of buffer types is made
  bedplate::engine::UsePageBuffers();
  PrintReading(rounds, threads);
  for (const ggml_type format : kFormats) {
    if (!wanted.empty() && std::ranges::find(wanted, ggml_type_name(format)) == wanted.end()) {
      continue;
    }
    for (const int64_t count : {1, 2, 4, 8, 16, 256}) Compare(format, count, rounds, threads);
  }
}
