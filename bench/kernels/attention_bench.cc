// The attention operation alone, on one thread: processor microseconds under ggml's code and each
// of our kernels, in turn. Processor time, so that a busy machine disturbs little. Prints one JSON
// line for each shape and variant, with the arithmetic and the memory it comes to.
//
//   attention_bench [ROUNDS]
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/kernels/attention.h"
#include "engine/kernels/ggml_hook.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace {

namespace kernels = bedplate::kernels;

enum class Seen : uint8_t { kCausal, kOwn, kSharedAndOwn };

// Cells that a query sees: kCausal those up to its own; kOwn `cells / queries` consecutive ones of
// its own; kSharedAndOwn all but the last 20 for each query, and 20 of its own, in turn.
struct Shape {
  const char* name;
  int head_size;
  int heads;
  int key_heads;
  int queries;
  int cells;
  Seen seen;
};
constexpr Shape kShapes[] = {
    {"SmolLM2, 1 of 512", 64, 9, 3, 1, 512, Seen::kCausal},
    {"SmolLM2, 1 of 4096", 64, 9, 3, 1, 4096, Seen::kCausal},
    {"SmolLM2, 16 x 512, nothing shared", 64, 9, 3, 16, 8192, Seen::kOwn},
    {"SmolLM2, 16 share 512", 64, 9, 3, 16, 832, Seen::kSharedAndOwn},
    {"SmolLM2, prompt of 512", 64, 9, 3, 512, 512, Seen::kCausal},
    {"SmolLM2, 512 more after 3584", 64, 9, 3, 512, 4096, Seen::kCausal},
    {"8B-like, 1 of 4096", 128, 32, 8, 1, 4096, Seen::kCausal},
    {"8B-like, 16 share 512", 128, 32, 8, 16, 832, Seen::kSharedAndOwn},
    {"8B-like, prompt of 512", 128, 32, 8, 512, 512, Seen::kCausal},
};

bool Sees(const Shape& s, int query, int cell) {
  switch (s.seen) {
    case Seen::kCausal:
      return cell <= s.cells - s.queries + query;
    case Seen::kOwn:
      return cell / (s.cells / s.queries) == query;
    case Seen::kSharedAndOwn:
      return cell < s.cells - 20 * s.queries || cell % s.queries == query;
  }
  return false;
}

double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void Measure(const Shape& s, int rounds, int kLayers) {
  // Many layers, so that K and V come from memory as they do in a model.

  ggml_backend_t backend = ggml_backend_cpu_init();
  ggml_backend_cpu_set_n_threads(backend, 1);
  ggml_context* const c =
      ggml_init({ggml_tensor_overhead() * 128 + ggml_graph_overhead(), nullptr, true});
  const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(c, t, 0, 2, 1, 3); };
  ggml_tensor* const q = ggml_new_tensor_3d(c, GGML_TYPE_F32, s.head_size, s.heads, s.queries);
  ggml_tensor* const mask = ggml_new_tensor_2d(c, GGML_TYPE_F16, s.cells, s.queries);
  ggml_cgraph* const graph = ggml_new_graph(c);
  std::vector<ggml_tensor*> cells;
  for (int layer = 0; layer < kLayers; ++layer) {
    for (int i = 0; i < 2; ++i) {
      cells.push_back(ggml_new_tensor_3d(c, GGML_TYPE_F16, s.head_size, s.key_heads, s.cells));
    }
    ggml_build_forward_expand(
        graph, ggml_flash_attn_ext(c, heads_out(q), heads_out(cells[2 * layer]),
                                   heads_out(cells[2 * layer + 1]), mask,
                                   1 / std::sqrt(static_cast<float>(s.head_size)), 0, 0));
  }
  ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(c, backend);
  for (int64_t i = 0; i < ggml_nelements(q); ++i) {
    static_cast<float*>(q->data)[i] = std::sin(static_cast<float>(i));
  }
  for (ggml_tensor* const tensor : cells) {
    for (int64_t i = 0; i < ggml_nelements(tensor); ++i) {
      static_cast<ggml_fp16_t*>(tensor->data)[i] =
          ggml_fp32_to_fp16(std::sin(static_cast<float>(i % 7919)));
    }
  }
  double pairs = 0;
  for (int query = 0; query < s.queries; ++query) {
    for (int cell = 0; cell < s.cells; ++cell) {
      const bool seen = Sees(s, query, cell);
      pairs += seen;
      static_cast<ggml_fp16_t*>(mask->data)[query * s.cells + cell] =
          ggml_fp32_to_fp16(seen ? 0.0f : -INFINITY);
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
      const double begin = Seconds();
      ggml_backend_graph_compute(backend, graph);
      best[v] = std::min(best[v], (Seconds() - begin) / kLayers);
    }
  }
  kernels::UseKernel(nullptr);
  const double operations = pairs * s.heads * s.head_size * 4;
  for (size_t v = 0; v < variants.size(); ++v) {
    std::printf(R"({"shape":"%s","variant":"%s","us":%.1f,"gflops":%.1f,"ratio":%.2f})"
                "\n",
                s.name, variants[v].first.c_str(), 1e6 * best[v], 1e-9 * operations / best[v],
                best[0] / best[v]);
  }
  std::fflush(stdout);
  ggml_backend_buffer_free(buffer);
  ggml_free(c);
  ggml_backend_free(backend);
}

}  // namespace

int main(int argc, char** argv) {
  if (!kernels::RegisterHook()) return 1;
  for (const Shape& shape : kShapes)
    Measure(shape, argc > 1 ? std::atoi(argv[1]) : 20, argc > 2 ? std::atoi(argv[2]) : 12);
  return 0;
}
