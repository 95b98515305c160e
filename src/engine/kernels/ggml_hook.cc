#include "engine/kernels/ggml_hook.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "engine/kernels/computation_of.h"
#include "engine/kernels/ggml_private.h"
#include "engine/kernels/layout.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/survey_cache.h"

namespace bedplate::kernels {
namespace {

std::atomic<const Kernel*> g_kernel{nullptr};
std::atomic<Forms> g_forms{Forms{}};
std::atomic<int> g_cut_threads{0};  // 0: those that compute
std::atomic<uint64_t> g_taken{0};
std::atomic<uint64_t> g_looked{0};

// Of threads that computations run on; the others of a computation read thread 0's.
thread_local SurveyCache t_surveys;

Plan PlanFor(const Attention& attention, int threads) {
  const int cut = g_cut_threads.load(std::memory_order_relaxed);
  return MakePlan(attention, cut > 0 ? cut : threads);
}

// What thread 0 tells the others, at the beginning of the work buffer.
struct Shared {
  SurveyMemory* memory;
  bool found;  // the survey is complete
};
constexpr int64_t kSharedBytes = 2 * kAlignment;

// A mask of so many rows of 1024 cells is looked at by thread 0 alone: cheaper than two barriers.
constexpr int64_t kLookAloneMax = 32;

class Participant {
 public:
  Participant(const Kernel& kernel, const ggml_tensor* node, const Attention& attention,
              const ggml_compute_params& params)
      : kernel_(kernel),
        node_(node),
        attention_(attention),
        params_(params),
        plan_(PlanFor(attention, params.nth)),
        shared_(*reinterpret_cast<Shared*>(Align(params.wdata))),
        work_(static_cast<char*>(params.wdata) + kSharedBytes, plan_, params.nth) {
    GGML_ASSERT(static_cast<size_t>(kSharedBytes + plan_.WorkBytes(params.nth)) <= params.wsize);
  }

  void Compute() {
    const Survey& survey = SurveyTogether();
    // Each thread begins with the item of its own number; ggml's counter hands out the rest.
    int64_t item = params_.ith;
    while (item < survey.item_count) {
      kernel_.compute(attention_, survey, item, work_, params_.ith);
      item = Threads() > 1 ? ggml_threadpool_chunk_add(params_.threadpool, 1) : item + 1;
    }
    if (plan_.partials_max == 0) return;  // nothing is cut
    Barrier();
    const int64_t rows = attention_.streams * attention_.query_count * attention_.heads;
    kernel_.merge(attention_, survey, work_, rows * params_.ith / Threads(),
                  rows * (params_.ith + 1) / Threads());
  }

 private:
  int Threads() const { return params_.nth; }
  void Barrier() const {
    if (Threads() > 1) ggml_barrier(params_.threadpool);
  }
  void BeginItems() const {
    if (Threads() > 1) ggml_threadpool_chunk_set(params_.threadpool, Threads());
  }

  void Look(int64_t begin, int64_t end) const {
    const MaskTable& table = shared_.memory->survey().table;
    for (int64_t unit = begin; unit < end; ++unit) kernel_.look(attention_, plan_, table, unit);
  }

  // Thread 0 finds the survey, or makes a small one.
  void FindSurvey() {
    const ggml_tensor* const mask = node_->src[3];
    SurveyCache::Slot& slot = t_surveys.Find({.computation = ComputationOf(mask),
                                              .tensor = mask,
                                              .data = attention_.mask,
                                              .kernel = &kernel_,
                                              .mask_stride = attention_.mask_stride,
                                              .mask_stream_stride = attention_.mask_stream_stride,
                                              .mask_streams = attention_.mask_streams,
                                              .streams = attention_.streams,
                                              .query_count = attention_.query_count,
                                              .cells = attention_.cells,
                                              .plan = plan_},
                                             shared_.found);
    shared_.memory = &slot.memory;
    if (shared_.found) return;
    if (mask && slot.key.computation != 0 && IsWrittenInComputation(mask)) slot.key.computation = 0;
    g_looked.fetch_add(1, std::memory_order_relaxed);
    slot.memory.Begin(attention_, plan_);
    if (Threads() > 1 && plan_.units * plan_.tile_queries > kLookAloneMax) return;
    Look(0, plan_.units);
    slot.memory.Cut(attention_);
    shared_.found = true;
  }

  const Survey& SurveyTogether() {
    if (params_.ith == 0) {
      FindSurvey();
      BeginItems();
    }
    Barrier();
    if (shared_.found) return shared_.memory->survey();
    Look(plan_.units * params_.ith / Threads(), plan_.units * (params_.ith + 1) / Threads());
    Barrier();
    if (params_.ith == 0) shared_.memory->Cut(attention_);
    Barrier();
    return shared_.memory->survey();
  }

  const Kernel& kernel_;
  const ggml_tensor* node_;
  const Attention& attention_;
  const ggml_compute_params& params_;
  const Plan plan_;
  Shared& shared_;
  const WorkMemory work_;
};

class AttentionTraits : public GgmlTraits {
 public:
  bool work_size(int threads, const ggml_tensor* node, size_t& size) override {
    const auto attention = AttentionOf(node);
    // It may be computed by fewer threads than planned for.
    const auto bytes = [&](int t) { return PlanFor(*attention, t).WorkBytes(t); };
    size = kSharedBytes + std::max(bytes(1), bytes(threads));
    return true;
  }

  // Other threads wait in a barrier while thread 0 asks for memory: where there is none the process
  // ends, since going on would let them loose on the next computation.
  bool compute_forward(ggml_compute_params* params, ggml_tensor* node) noexcept override {
    if (params->ith == 0) g_taken.fetch_add(1, std::memory_order_relaxed);
    const auto attention = AttentionOf(node);
    Participant(*g_kernel.load(std::memory_order_relaxed), node, *attention, *params).Compute();
    return true;
  }
};

class AttentionType : public GgmlExtraType {
 public:
  bool supports_op(ggml_backend_dev_t, const ggml_tensor*) override { return false; }
  GgmlTraits* get_tensor_traits(const ggml_tensor* node) override {
    if (node->op != GGML_OP_FLASH_ATTN_EXT) return nullptr;
    if (!g_kernel.load(std::memory_order_relaxed)) return nullptr;
    const auto attention = AttentionOf(node);
    const Forms forms = g_forms.load(std::memory_order_relaxed);
    return attention && forms.HasAllOf(FormsOf(*attention)) ? &traits_ : nullptr;
  }

 private:
  AttentionTraits traits_;
};

const char* TypeName(ggml_backend_buffer_type_t) { return "bedplate-attention"; }
size_t TypeAlignment(ggml_backend_buffer_type_t) { return 64; }

bool Contiguous(const ggml_tensor* tensor) { return tensor->nb[0] == ggml_type_size(tensor->type); }

std::optional<Format> FormatOf(const ggml_tensor* cells) {
  if (cells->type == GGML_TYPE_F16) return Format::kF16;
  if (cells->type == GGML_TYPE_BF16) return Format::kBf16;
  if (cells->type == GGML_TYPE_Q8_0) return Format::kQ8;
  return std::nullopt;
}

bool GoodHeadSize(const ggml_tensor* cells) {
  const int64_t size = cells->ne[0];
  const int64_t step = cells->type == GGML_TYPE_Q8_0 ? kQ8Block : kHeadSizeStep;
  return size > 0 && size <= kHeadSizeMax && size % step == 0;
}

bool GoodShapes(const ggml_tensor* node) {
  const ggml_tensor* const q = node->src[0];
  const ggml_tensor* const k = node->src[1];
  const ggml_tensor* const v = node->src[2];
  if (!Contiguous(q) || !Contiguous(k) || !Contiguous(v) || !ggml_is_contiguous(node)) return false;
  if (!GoodHeadSize(k) || !GoodHeadSize(v) || q->ne[0] != k->ne[0]) return false;
  if (k->ne[2] != v->ne[2] || q->ne[2] % k->ne[2] != 0 || k->ne[1] != v->ne[1]) return false;
  if (k->ne[3] != q->ne[3] || v->ne[3] != q->ne[3]) return false;
  return q->ne[1] != 0 && k->ne[1] != 0;
}

bool GoodMask(const ggml_tensor* node) {
  const ggml_tensor* const mask = node->src[3];
  if (!mask) return true;
  return mask->type == GGML_TYPE_F16 && Contiguous(mask) && mask->ne[2] == 1 &&
         mask->ne[0] >= node->src[1]->ne[1] && mask->ne[1] >= node->src[0]->ne[1];
}

bool GoodSinks(const ggml_tensor* node) {
  const ggml_tensor* const sinks = node->src[4];
  if (!sinks) return true;
  return sinks->type == GGML_TYPE_F32 && Contiguous(sinks) && sinks->ne[0] == node->src[0]->ne[2];
}

}  // namespace

std::optional<Attention> AttentionOf(const ggml_tensor* node) {
  const ggml_tensor* const q = node->src[0];
  const ggml_tensor* const k = node->src[1];
  const ggml_tensor* const v = node->src[2];
  const ggml_tensor* const mask = node->src[3];
  // Of the parameters after these three, one is a precision, F32 at most, and one a promise of how
  // many cells a query sees, which the mask shows.
  float parameters[3];  // scale, ALiBi's largest bias, soft cap
  std::memcpy(parameters, node->op_params, sizeof parameters);
  const auto key_format = FormatOf(k);
  const auto value_format = FormatOf(v);
  if (!key_format || !value_format || q->type != GGML_TYPE_F32) return std::nullopt;
  if (!GoodShapes(node) || !GoodMask(node) || !GoodSinks(node)) return std::nullopt;
  if (!(parameters[1] >= 0 && parameters[1] <= kMaxBiasMax)) return std::nullopt;
  if (!std::isfinite(parameters[2])) return std::nullopt;

  Attention attention;
  attention.queries = static_cast<const char*>(q->data);
  attention.keys = static_cast<const char*>(k->data);
  attention.values = static_cast<const char*>(v->data);
  attention.out = static_cast<float*>(node->data);
  attention.key_format = *key_format;
  attention.value_format = *value_format;
  attention.max_bias = parameters[1];
  attention.soft_cap = parameters[2];
  if (node->src[4]) attention.sinks = static_cast<const float*>(node->src[4]->data);
  attention.key_size = k->ne[0];
  attention.value_size = v->ne[0];
  attention.query_count = q->ne[1];
  attention.heads = q->ne[2];
  attention.key_heads = k->ne[2];
  attention.streams = q->ne[3];
  attention.cells = k->ne[1];
  const auto bytes = [](size_t stride) { return static_cast<int64_t>(stride); };
  attention.query_stride = bytes(q->nb[1]);
  attention.query_head_stride = bytes(q->nb[2]);
  attention.query_stream_stride = bytes(q->nb[3]);
  attention.key_stride = bytes(k->nb[1]);
  attention.key_head_stride = bytes(k->nb[2]);
  attention.key_stream_stride = bytes(k->nb[3]);
  attention.value_stride = bytes(v->nb[1]);
  attention.value_head_stride = bytes(v->nb[2]);
  attention.value_stream_stride = bytes(v->nb[3]);
  attention.scale = parameters[0];
  if (mask) {
    attention.mask = static_cast<const char*>(mask->data);
    attention.mask_stride = bytes(mask->nb[1]);
    attention.mask_stream_stride = bytes(mask->nb[3]);
    attention.mask_streams = mask->ne[3];
  }
  return attention;
}

bool RegisterHook() {
  static bool registered = false;
  if (registered) return true;
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (!device) return false;
  // The model loader offers weights to all types of the list that the backend hands out at its
  // first call. Called now, that list is fixed without ours, which can hold none.
  const auto extra_types =
      reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
          ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
  if (!extra_types) return false;
  extra_types(device);

  static AttentionType type;
  static ggml_backend_buffer_type buffer_type = {};
  buffer_type.iface.get_name = TypeName;
  buffer_type.iface.get_alignment = TypeAlignment;
  buffer_type.device = device;
  buffer_type.context = &type;
  ggml_backend_cpu_get_extra_buffer_types().push_back(&buffer_type);
  registered = true;
  return true;
}

void UseKernel(const Kernel* kernel, Forms forms) {
  g_forms.store(forms, std::memory_order_relaxed);
  g_kernel.store(kernel, std::memory_order_relaxed);
}

void CutForThreads(int threads) { g_cut_threads.store(threads, std::memory_order_relaxed); }

uint64_t MasksLookedAt() { return g_looked.load(std::memory_order_relaxed); }

uint64_t NodesTaken() { return g_taken.load(std::memory_order_relaxed); }

}  // namespace bedplate::kernels
