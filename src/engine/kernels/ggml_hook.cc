#include "engine/kernels/ggml_hook.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "engine/kernels/ggml_private.h"

namespace bedplate::kernels {
namespace {

std::atomic<const Kernel*> g_kernel{nullptr};
std::atomic<uint64_t> g_taken{0};

void ComputeOnThread(const Kernel& kernel, const Attention& attention,
                     const ggml_compute_params& params) {
  const int threads = params.nth;
  const Plan plan = MakePlan(attention, threads);
  GGML_ASSERT(static_cast<size_t>(plan.WorkBytes(threads)) <= params.wsize);
  const WorkMemory work(params.wdata, plan, threads);

  // Each thread begins with the item of its own number; ggml's counter hands out the rest.
  if (threads > 1) {
    if (params.ith == 0) ggml_threadpool_chunk_set(params.threadpool, threads);
    ggml_barrier(params.threadpool);
  }
  int64_t item = params.ith;
  while (item < plan.items) {
    kernel.compute(attention, plan, item, work.Scratch(params.ith),
                   plan.chunks > 1 ? work.Partial(item) : nullptr);
    item = threads > 1 ? ggml_threadpool_chunk_add(params.threadpool, 1) : item + 1;
  }
  if (plan.chunks == 1) return;
  if (threads > 1) ggml_barrier(params.threadpool);
  const int64_t rows = attention.streams * attention.query_count * attention.heads;
  kernel.merge(attention, plan, work, rows * params.ith / threads,
               rows * (params.ith + 1) / threads);
}

class AttentionTraits : public GgmlTraits {
 public:
  bool work_size(int threads, const ggml_tensor* node, size_t& size) override {
    const auto attention = AttentionOf(node);
    // It may be computed by fewer threads than planned for.
    const auto bytes = [&](int t) { return MakePlan(*attention, t).WorkBytes(t); };
    size = std::max(bytes(1), bytes(threads));
    return true;
  }

  bool compute_forward(ggml_compute_params* params, ggml_tensor* node) override {
    if (params->ith == 0) g_taken.fetch_add(1, std::memory_order_relaxed);
    ComputeOnThread(*g_kernel.load(std::memory_order_relaxed), *AttentionOf(node), *params);
    return true;
  }
};

class AttentionType : public GgmlExtraType {
 public:
  bool supports_op(ggml_backend_dev_t, const ggml_tensor*) override { return false; }
  GgmlTraits* get_tensor_traits(const ggml_tensor* node) override {
    if (node->op != GGML_OP_FLASH_ATTN_EXT) return nullptr;
    if (!g_kernel.load(std::memory_order_relaxed) || !AttentionOf(node)) return nullptr;
    return &traits_;
  }

 private:
  AttentionTraits traits_;
};

const char* TypeName(ggml_backend_buffer_type_t) { return "bedplate-attention"; }
size_t TypeAlignment(ggml_backend_buffer_type_t) { return 64; }

bool Contiguous(const ggml_tensor* tensor) { return tensor->nb[0] == ggml_type_size(tensor->type); }

bool GoodHeadSize(int64_t size) {
  return size > 0 && size <= kHeadSizeMax && size % kHeadSizeStep == 0;
}

}  // namespace

std::optional<Attention> AttentionOf(const ggml_tensor* node) {
  const ggml_tensor* const q = node->src[0];
  const ggml_tensor* const k = node->src[1];
  const ggml_tensor* const v = node->src[2];
  const ggml_tensor* const mask = node->src[3];
  const ggml_tensor* const sinks = node->src[4];
  float parameters[3];  // scale, ALiBi's largest bias, soft cap
  std::memcpy(parameters, node->op_params, sizeof parameters);
  if (sinks || parameters[1] != 0 || parameters[2] != 0) return std::nullopt;
  if (q->type != GGML_TYPE_F32 || k->type != GGML_TYPE_F16 || v->type != GGML_TYPE_F16) {
    return std::nullopt;
  }
  if (!Contiguous(q) || !Contiguous(k) || !Contiguous(v) || !ggml_is_contiguous(node)) {
    return std::nullopt;
  }
  if (!GoodHeadSize(k->ne[0]) || !GoodHeadSize(v->ne[0]) || q->ne[0] != k->ne[0]) {
    return std::nullopt;
  }
  if (k->ne[2] != v->ne[2] || q->ne[2] % k->ne[2] != 0 || k->ne[1] != v->ne[1]) {
    return std::nullopt;
  }
  if (k->ne[3] != q->ne[3] || v->ne[3] != q->ne[3]) return std::nullopt;
  if (q->ne[1] == 0 || k->ne[1] == 0) return std::nullopt;
  if (mask) {
    if (mask->type != GGML_TYPE_F16 || !Contiguous(mask) || mask->ne[2] != 1) return std::nullopt;
    if (mask->ne[0] < k->ne[1] || mask->ne[1] < q->ne[1]) return std::nullopt;
  }

  Attention attention;
  attention.queries = static_cast<const char*>(q->data);
  attention.keys = static_cast<const char*>(k->data);
  attention.values = static_cast<const char*>(v->data);
  attention.out = static_cast<float*>(node->data);
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

void UseKernel(const Kernel* kernel) { g_kernel.store(kernel, std::memory_order_relaxed); }

uint64_t NodesTaken() { return g_taken.load(std::memory_order_relaxed); }

}  // namespace bedplate::kernels
