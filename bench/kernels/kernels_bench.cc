// Generation and prompt speed of one model under ggml's attention and products and under ours, in
// turn in one process, so that what else the machine does strikes all alike. Prints one JSON line
// for each scenario and variant: tokens a second (best and median round) and processor milliseconds
// for a token (best round).
//
//   kernels_bench MODEL THREADS ROUNDS [SCENARIO...]
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernels/attention.h"
#include "engine/kernels/ggml_hook.h"
#include "engine/kernels/install.h"
#include "engine/products/ggml_type.h"
#include "engine/products/install.h"
#include "engine/products/product.h"
#include "ggml-cpu.h"
#include "llama.h"

namespace {

namespace kernels = bedplate::kernels;
namespace products = bedplate::products;

constexpr int kBatchMax = 512;

// `sequences` generate after `context` tokens each, of which the first `shared` are the same. With
// no steps, the prompt itself is timed.
struct Scenario {
  std::string_view name;
  int sequences;
  int context;
  int shared;
  bool unified;
  int steps;
};
constexpr Scenario kScenarios[] = {
    {"prompt of 500", 1, 500, 0, true, 0},
    {"prompt of 4000", 1, 4000, 0, true, 0},
    {"1 sequence at 500", 1, 500, 0, true, 24},
    {"1 sequence at 4000", 1, 4000, 0, true, 12},
    {"16 at 500, a stream each", 16, 500, 0, false, 8},
    {"16 at 500, unified, nothing shared", 16, 500, 0, true, 8},
    {"16 at 520, unified, 500 shared", 16, 520, 500, true, 8},
    {"8 at 4000, unified, nothing shared", 8, 4000, 0, true, 4},
};

struct Variant {
  std::string name;
  const kernels::Kernel* attention;
  const products::Kernel* product;  // nullptr: ggml's own, of weights as the file has them
  bool flash_attention;
};

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Session {
 public:
  Session(llama_model* model, const Scenario& scenario, const Variant& variant, int threads)
      : scenario_(scenario), variant_(variant), batch_(llama_batch_init(kBatchMax, 0, 1)) {
    vocabulary_ = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_context_params parameters = llama_context_default_params();
    const int cells = scenario.shared + scenario.sequences * (scenario.context - scenario.shared +
                                                              scenario.steps + 1);
    // Without a unified cache every sequence gets an equal part.
    const int each = scenario.context + scenario.steps + 1;
    parameters.n_ctx = (scenario.unified ? cells : scenario.sequences * each) + 256;
    parameters.n_batch = kBatchMax;
    parameters.n_ubatch = kBatchMax;
    parameters.n_seq_max = scenario.sequences;
    parameters.kv_unified = scenario.unified;
    parameters.n_threads = parameters.n_threads_batch = threads;
    parameters.flash_attn_type =
        variant.flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    products::UseKernel(variant.product);  // llama.cpp asks whether its weights can be multiplied
    context_ = llama_init_from_model(model, parameters);
  }
  ~Session() {
    llama_free(context_);
    llama_batch_free(batch_);
  }
  Session(const Session&) = delete;

  void Round() {
    kernels::UseKernel(variant_.attention);
    products::UseKernel(variant_.product);
    if (scenario_.steps == 0) {
      llama_memory_clear(Memory(), false);
      Measure(scenario_.context, [&] { Prefill(0, 0, scenario_.context); });
      return;
    }
    if (!filled_) Fill();
    Measure(scenario_.steps * scenario_.sequences, [&] {
      for (int step = 0; step < scenario_.steps; ++step) {
        batch_.n_tokens = 0;
        for (int s = 0; s < scenario_.sequences; ++s) Add(s, scenario_.context + step, true);
        Decode();
      }
    });
    for (int s = 0; s < scenario_.sequences; ++s) {
      llama_memory_seq_rm(Memory(), s, scenario_.context, -1);
    }
  }

  void Print() {
    std::ranges::sort(wall_);
    std::printf(R"({"scenario":"%s","variant":"%s","best":%.1f,"median":%.1f,"cpu_ms":%.3f})"
                "\n",
                scenario_.name.data(), variant_.name.c_str(), 1 / wall_.front(),
                1 / wall_[wall_.size() / 2], 1e3 * *std::ranges::min_element(processor_));
    std::fflush(stdout);
  }

 private:
  llama_memory_t Memory() { return llama_get_memory(context_); }

  void Add(int sequence, int position, bool output) {
    const int row = batch_.n_tokens++;
    // Tokens without a meaning; the same in every sequence where a prefix is shared.
    const int salt = position < scenario_.shared ? 0 : sequence * 104729;
    batch_.token[row] = (position * 7919 + salt + 11) % vocabulary_;
    batch_.pos[row] = position;
    batch_.n_seq_id[row] = 1;
    batch_.seq_id[row][0] = sequence;
    batch_.logits[row] = output;
  }

  void Decode() {
    if (llama_decode(context_, batch_) != 0) {
      std::fprintf(stderr, "llama_decode failed\n");
      std::exit(1);
    }
    llama_synchronize(context_);
  }

  void Prefill(int sequence, int begin, int end) {
    while (begin < end) {
      batch_.n_tokens = 0;
      while (begin < end && batch_.n_tokens < kBatchMax) {
        Add(sequence, begin, begin + 1 == end);
        ++begin;
      }
      Decode();
    }
  }

  void Fill() {
    filled_ = true;
    if (scenario_.shared > 0) {
      Prefill(0, 0, scenario_.shared);
      for (int s = 1; s < scenario_.sequences; ++s) {
        llama_memory_seq_cp(Memory(), 0, s, 0, scenario_.shared);
      }
    }
    for (int s = 0; s < scenario_.sequences; ++s) Prefill(s, scenario_.shared, scenario_.context);
  }

  template <class Work>
  void Measure(int tokens, Work work) {
    const double wall = Seconds(CLOCK_MONOTONIC);
    const double processor = Seconds(CLOCK_PROCESS_CPUTIME_ID);
    work();
    processor_.push_back((Seconds(CLOCK_PROCESS_CPUTIME_ID) - processor) / tokens);
    wall_.push_back((Seconds(CLOCK_MONOTONIC) - wall) / tokens);
  }

  const Scenario& scenario_;
  const Variant& variant_;
  llama_batch batch_;
  llama_context* context_ = nullptr;
  int vocabulary_ = 0;
  bool filled_ = false;
  std::vector<double> wall_;       // seconds for a token, by round
  std::vector<double> processor_;  // likewise
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: kernels_bench MODEL THREADS ROUNDS [SCENARIO...]\n");
    return 2;
  }
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_backend_init();
  products::Install();
  const kernels::Installation attention = kernels::Install();
  const products::KernelList product_list = products::RunnableKernels();
  // The same file twice: in panels, and as it is.
  llama_model* const in_panels = llama_model_load_from_file(argv[1], llama_model_default_params());
  products::UseKernel(nullptr);
  llama_model* const model = llama_model_load_from_file(argv[1], llama_model_default_params());
  if (!model || !in_panels) {
    std::fprintf(stderr, "cannot load %s\n", argv[1]);
    return 1;
  }
  std::vector<Variant> variants = {{"ggml, flash attention", nullptr, nullptr, true},
                                   {"ggml, without", nullptr, nullptr, false}};
  const kernels::KernelList list = kernels::RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    variants.push_back(
        {"attention " + std::string(list.kernels[i]->name), list.kernels[i], nullptr, true});
  }
  for (size_t i = 0; i < product_list.count && list.count > 0; ++i) {
    variants.push_back({"attention " + attention.kernel + ", products " +
                            std::string(product_list.kernels[i]->name),
                        list.kernels[0], product_list.kernels[i], true});
  }
  for (const Scenario& scenario : kScenarios) {
    const std::vector<std::string> wanted(argv + 4, argv + argc);
    if (!wanted.empty() && std::ranges::find(wanted, scenario.name) == wanted.end()) continue;
    std::vector<std::unique_ptr<Session>> sessions;
    for (const Variant& variant : variants) {
      sessions.push_back(std::make_unique<Session>(variant.product ? in_panels : model, scenario,
                                                   variant, std::atoi(argv[2])));
    }
    for (int round = 0; round < std::atoi(argv[3]); ++round) {
      for (const auto& session : sessions) session->Round();
    }
    for (const auto& session : sessions) session->Print();
  }
  kernels::UseKernel(nullptr);
  llama_model_free(model);
  llama_model_free(in_panels);
  return 0;
}
