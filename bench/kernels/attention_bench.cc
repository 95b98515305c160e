// The attention operation alone: microseconds of a layer under ggml's code and each of our kernels,
// in turn. With one thread in processor time, so that a busy machine disturbs little; with more by
// the clock. Prints one JSON line for each shape and variant.
//
//   attention_bench [ROUNDS [LAYERS [THREADS [SHAPE]]]]
//
// SHAPE: only shapes whose name has it.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernels/attention.h"
#include "engine/kernels/ggml_hook.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace {

namespace kernels = bedplate::kernels;

// Cells that a query sees: kCausal those up to its own; kOwn the first `live` of its own part of
// the cache, which has one for each query; kSharedAndOwn the first `live`, and 20 of its own, in
// turn, at the end; kLast the last `live`.
enum class Seen : uint8_t { kCausal, kOwn, kSharedAndOwn, kLast };

struct Shape {
  std::string_view name;
  int head_size;
  int heads;
  int key_heads;
  int queries;
  int cells;
  Seen seen;
  int live = 0;
  ggml_type type = GGML_TYPE_F16;  // of K and V
  float max_bias = 0;              // ALiBi
  float soft_cap = 0;
};
constexpr Shape kShapes[] = {
    {"SmolLM2, 1 of 512", 64, 9, 3, 1, 512, Seen::kCausal},
    {"SmolLM2, 1 of 4096", 64, 9, 3, 1, 4096, Seen::kCausal},
    {"SmolLM2, 1 sees 512 of 32768", 64, 9, 3, 1, 32768, Seen::kLast, 512},
    {"SmolLM2, 16 x 512, nothing shared", 64, 9, 3, 16, 8192, Seen::kOwn, 512},
    {"SmolLM2, 16 x 512 apart in 32768", 64, 9, 3, 16, 32768, Seen::kOwn, 512},
    {"SmolLM2, 2 x 512 apart in 8192", 64, 9, 3, 2, 8192, Seen::kOwn, 512},
    {"SmolLM2, 16 share 512", 64, 9, 3, 16, 832, Seen::kSharedAndOwn, 512},
    {"SmolLM2, 16 share 512 in 8192", 64, 9, 3, 16, 8192, Seen::kSharedAndOwn, 512},
    {"SmolLM2, 16 share 512 in 32768", 64, 9, 3, 16, 32768, Seen::kSharedAndOwn, 512},
    {"SmolLM2, prompt of 512", 64, 9, 3, 512, 512, Seen::kCausal},
    {"SmolLM2, 512 more after 3584", 64, 9, 3, 512, 4096, Seen::kCausal},
    {"8B-like, 1 of 4096", 128, 32, 8, 1, 4096, Seen::kCausal},
    {"8B-like, 16 share 512", 128, 32, 8, 16, 832, Seen::kSharedAndOwn, 512},
    {"8B-like, prompt of 512", 128, 32, 8, 512, 512, Seen::kCausal},
    {"8B-like, 1 of 4096, BF16", 128, 32, 8, 1, 4096, Seen::kCausal, 0, GGML_TYPE_BF16},
    {"8B-like, 1 of 4096, Q8_0", 128, 32, 8, 1, 4096, Seen::kCausal, 0, GGML_TYPE_Q8_0},
    {"8B-like, 16 share 512, BF16", 128, 32, 8, 16, 832, Seen::kSharedAndOwn, 512, GGML_TYPE_BF16},
    {"8B-like, 16 share 512, Q8_0", 128, 32, 8, 16, 832, Seen::kSharedAndOwn, 512, GGML_TYPE_Q8_0},
    {"8B-like, prompt of 512, Q8_0", 128, 32, 8, 512, 512, Seen::kCausal, 0, GGML_TYPE_Q8_0},
    {"8B-like, 1 of 4096, ALiBi", 128, 32, 8, 1, 4096, Seen::kCausal, 0, GGML_TYPE_F16, 8},
    {"8B-like, prompt of 512, ALiBi", 128, 32, 8, 512, 512, Seen::kCausal, 0, GGML_TYPE_F16, 8},
    {"8B-like, 1 of 4096, soft cap", 128, 32, 8, 1, 4096, Seen::kCausal, 0, GGML_TYPE_F16, 0, 50},
    {"8B-like, prompt of 512, soft cap", 128, 32, 8, 512, 512, Seen::kCausal, 0, GGML_TYPE_F16, 0,
     50},
    {"latent 512, 1 of 4096", 512, 32, 1, 1, 4096, Seen::kCausal},
    {"latent 512, prompt of 128", 512, 32, 1, 128, 128, Seen::kCausal},
};

bool Sees(const Shape& s, int query, int cell) {
  const int part = s.cells / s.queries;
  switch (s.seen) {
    case Seen::kCausal:
      return cell <= s.cells - s.queries + query;
    case Seen::kOwn:
      return cell / part == query && cell % part < s.live;
    case Seen::kSharedAndOwn:
      return cell < s.live || (cell >= s.cells - 20 * s.queries && cell % s.queries == query);
    case Seen::kLast:
      return cell >= s.cells - s.live;
  }
  return false;
}

double Seconds(int threads) {
  timespec now{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void Fill(ggml_tensor* tensor) {
  std::vector<float> numbers(ggml_nelements(tensor));
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = std::sin(static_cast<float>(i % 7919));
  }
  ggml_quantize_chunk(tensor->type, numbers.data(), tensor->data, 0, ggml_nrows(tensor),
                      tensor->ne[0], nullptr);
}

// Many layers, so that K and V come from memory as they do in a model.
void Measure(const Shape& s, int rounds, int layers, int threads) {
  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, threads);
  ggml_context* const c =
      ggml_init({ggml_tensor_overhead() * 128 + ggml_graph_overhead(), nullptr, true});
  const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(c, t, 0, 2, 1, 3); };
  ggml_tensor* const q = ggml_new_tensor_3d(c, GGML_TYPE_F32, s.head_size, s.heads, s.queries);
  ggml_tensor* const mask = ggml_new_tensor_2d(c, GGML_TYPE_F16, s.cells, s.queries);
  ggml_set_input(mask);
  ggml_cgraph* const graph = ggml_new_graph(c);
  std::vector<ggml_tensor*> cells;
  for (int layer = 0; layer < layers; ++layer) {
    for (int i = 0; i < 2; ++i) {
      cells.push_back(ggml_new_tensor_3d(c, s.type, s.head_size, s.key_heads, s.cells));
    }
    ggml_build_forward_expand(
        graph, ggml_flash_attn_ext(
                   c, heads_out(q), heads_out(cells[2 * layer]), heads_out(cells[2 * layer + 1]),
                   mask, 1 / std::sqrt(static_cast<float>(s.head_size)), s.max_bias, s.soft_cap));
  }
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(c, backend);
  for (int64_t i = 0; i < ggml_nelements(q); ++i) {
    static_cast<float*>(q->data)[i] = std::sin(static_cast<float>(i));
  }
  for (ggml_tensor* const tensor : cells) Fill(tensor);
  double pairs = 0;
  for (int query = 0; query < s.queries; ++query) {
    for (int cell = 0; cell < s.cells; ++cell) {
      const bool seen = Sees(s, query, cell);
      pairs += seen;
      static_cast<ggml_fp16_t*>(mask->data)[query * s.cells + cell] =
          ggml_fp32_to_fp16(!seen             ? -INFINITY
                            : s.max_bias == 0 ? 0.0f
                                              : static_cast<float>(cell - s.cells) / 16);
    }
  }

  std::vector<std::pair<std::string, const kernels::Kernel*>> variants = {{"ggml", nullptr}};
  const kernels::KernelList list = kernels::RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    variants.emplace_back(list.kernels[i]->name, list.kernels[i]);
  }
  std::vector<double> best(variants.size(), 1e9);
  for (int round = 0; round < rounds; ++round) {
    for (size_t v = 0; v < variants.size(); ++v) {
      kernels::UseKernel(variants[v].second);
      const double begin = Seconds(threads);
      ggml_backend_graph_compute(backend, graph);
      best[v] = std::min(best[v], (Seconds(threads) - begin) / layers);
    }
  }
  kernels::UseKernel(nullptr);
  const double operations = pairs * s.heads * s.head_size * 4;
  for (size_t v = 0; v < variants.size(); ++v) {
    std::printf(R"({"shape":"%s","variant":"%s","us":%.1f,"gflops":%.1f,"ratio":%.2f})"
                "\n",
                s.name.data(), variants[v].first.c_str(), 1e6 * best[v],
                1e-9 * operations / best[v], best[0] / best[v]);
  }
  std::fflush(stdout);
  ggml_backend_buffer_free(buffer);
  ggml_free(c);
  ggml_backend_free(backend);
}

}  // namespace

int main(int argc, char** argv) {
  if (!kernels::RegisterHook()) return 1;
  const auto number = [&](int i, int otherwise) {
    return argc > i ? std::atoi(argv[i]) : otherwise;
  };
  for (const Shape& shape : kShapes) {
    if (argc > 4 && !shape.name.contains(argv[4])) continue;
    Measure(shape, number(1, 20), number(2, 12), number(3, 1));
  }
  return 0;
}
