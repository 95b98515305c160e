#include "engine/products/ggml_type.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "engine/kernels/ggml_private.h"

namespace bedplate::products {
namespace {

using kernels::GgmlExtraType;
using kernels::GgmlTraits;

// Panels that a thread takes at once: a quarter of its share, so that a slower thread takes fewer.
constexpr int64_t kTakesPerThread = 4;

std::atomic<const Kernel*> g_kernel{nullptr};
std::atomic<uint64_t> g_taken{0};

std::optional<Source> SourceOf(ggml_type type) {
  switch (type) {
    case GGML_TYPE_Q4_0:
      return Source::kQ40;
    case GGML_TYPE_Q4_1:
      return Source::kQ41;
    case GGML_TYPE_Q5_0:
      return Source::kQ50;
    case GGML_TYPE_Q5_1:
      return Source::kQ51;
    case GGML_TYPE_Q8_0:
      return Source::kQ80;
    case GGML_TYPE_Q4_K:
      return Source::kQ4K;
    case GGML_TYPE_Q5_K:
      return Source::kQ5K;
    case GGML_TYPE_Q6_K:
      return Source::kQ6K;
    case GGML_TYPE_F16:
      return Source::kF16;
    case GGML_TYPE_BF16:
      return Source::kBF16;
    default:
      return std::nullopt;
  }
}

// Of those, what is worth it with the kernel of now.
std::optional<Source> TakenSource(ggml_type type) {
  const Kernel* const kernel = g_kernel.load(std::memory_order_relaxed);
  const auto source = SourceOf(type);
  if (kernel == nullptr || !source) return std::nullopt;
  if (HasSuperblocks(*source) && !kernel->takes_superblocks) return std::nullopt;
  // With the processor's own products of BF16, ggml's are twice as fast as ours.
  if (*source == Source::kBF16 && ggml_cpu_has_avx512_bf16() != 0) return std::nullopt;
  return source;
}

bool IsMatrixWeTake(const ggml_tensor* weights) {
  const auto source = TakenSource(weights->type);
  return source && weights->view_src == nullptr && weights->ne[2] == 1 && weights->ne[3] == 1 &&
         FitsPanels(*source, weights->ne[1], weights->ne[0]);
}

bool InPanels(const ggml_tensor* tensor) {
  return tensor->buffer != nullptr && tensor->buffer->buft == PanelBufferType();
}

int64_t ActivationRows(const ggml_tensor* activations) {
  return activations->ne[1] * activations->ne[2] * activations->ne[3];
}

const float* ActivationRow(const ggml_tensor* tensor, int64_t row) {
  const int64_t second = row / tensor->ne[1];
  const auto offset = static_cast<size_t>(row % tensor->ne[1]) * tensor->nb[1] +
                      static_cast<size_t>(second % tensor->ne[2]) * tensor->nb[2] +
                      static_cast<size_t>(second / tensor->ne[2]) * tensor->nb[3];
  return reinterpret_cast<const float*>(static_cast<const char*>(tensor->data) + offset);
}

// Whether the products can read the activations where they are.
bool AreReady(Format format, const ggml_tensor* activations) {
  return !IsQuantised(format) &&
         activations->nb[2] == activations->nb[1] * static_cast<size_t>(activations->ne[1]) &&
         activations->nb[3] == activations->nb[2] * static_cast<size_t>(activations->ne[2]);
}

class ProductTraits : public GgmlTraits {
 public:
  bool work_size(int /*threads*/, const ggml_tensor* node, size_t& size) override {
    const Format format = FormatOf(*SourceOf(node->src[0]->type));
    const ggml_tensor* const activations = node->src[1];
    size = AreReady(format, activations)
               ? 0
               : static_cast<size_t>(ActivationRows(activations) *
                                     ActivationBytes(format, activations->ne[0]));
    return true;
  }

  bool compute_forward(ggml_compute_params* params, ggml_tensor* node) override {
    const ggml_tensor* const weights = node->src[0];
    const ggml_tensor* const activations = node->src[1];
    const Kernel& kernel = *g_kernel.load(std::memory_order_relaxed);
    // As supports_op was asked at loading; another graph must not get wrong numbers.
    GGML_ASSERT(weights->view_src == nullptr && activations->type == GGML_TYPE_F32 &&
                activations->nb[0] == sizeof(float));
    Product product{.format = FormatOf(*SourceOf(weights->type)),
                    .panels = static_cast<const std::byte*>(weights->data),
                    .columns = weights->ne[0],
                    .activations = static_cast<const std::byte*>(activations->data),
                    .activation_stride = static_cast<int64_t>(activations->nb[1]),
                    .count = ActivationRows(activations),
                    .out = static_cast<float*>(node->data),
                    .out_stride = node->ne[0]};
    if (!AreReady(product.format, activations)) Prepare(kernel, *params, activations, product);
    if (params->ith == 0) {
      g_taken.fetch_add(1, std::memory_order_relaxed);
      ggml_threadpool_chunk_set(params->threadpool, params->nth);
    }
    if (params->nth > 1) ggml_barrier(params->threadpool);

    const int64_t panels = weights->ne[1] / kPanelRows;
    // An even number: the kernels may use two panels at once.
    const int64_t take = std::max<int64_t>(2, panels / (params->nth * kTakesPerThread) / 2 * 2);
    int64_t number = params->ith;
    while (number * take < panels) {
      kernel.compute(product, number * take, std::min(panels, (number + 1) * take));
      number = params->nth > 1 ? ggml_threadpool_chunk_add(params->threadpool, 1) : number + 1;
    }
    return true;
  }

 private:
  // This thread's share of the rows.
  static void Prepare(const Kernel& kernel, const ggml_compute_params& params,
                      const ggml_tensor* activations, Product& product) {
    auto* const prepared = static_cast<std::byte*>(params.wdata);
    product.activations = prepared;
    product.activation_stride = ActivationBytes(product.format, product.columns);
    GGML_ASSERT(static_cast<size_t>(product.count * product.activation_stride) <= params.wsize);
    for (int64_t row = params.ith; row < product.count; row += params.nth) {
      kernel.prepare(product.format, ActivationRow(activations, row), product.columns,
                     prepared + row * product.activation_stride);
    }
  }
};

class PanelType : public GgmlExtraType {
 public:
  // Asked by the loader of each weight before it chooses a buffer for it.
  bool supports_op(ggml_backend_dev_t /*device*/, const ggml_tensor* node) override {
    return node->op == GGML_OP_MUL_MAT && InPanels(node->src[0]) && IsMatrixWeTake(node->src[0]) &&
           node->src[1]->type == GGML_TYPE_F32 && node->src[1]->nb[0] == sizeof(float);
  }
  GgmlTraits* get_tensor_traits(const ggml_tensor* node) override {
    if (node->op != GGML_OP_MUL_MAT || !InPanels(node->src[0])) return nullptr;
    return &traits_;
  }

 private:
  ProductTraits traits_;
};

void SetTensor(ggml_backend_buffer_t /*buffer*/, ggml_tensor* tensor, const void* data,
               size_t offset, size_t size) {
  GGML_ASSERT(offset == 0 && size == ggml_nbytes(tensor) && IsMatrixWeTake(tensor));
  PackPanels(*SourceOf(tensor->type), data, tensor->ne[1], tensor->ne[0],
             static_cast<std::byte*>(tensor->data));
}

const char* TypeName(ggml_backend_buffer_type_t /*type*/) { return "bedplate-panels"; }
size_t TypeAlignment(ggml_backend_buffer_type_t /*type*/) { return kVectorBytes; }

size_t AllocSize(ggml_backend_buffer_type_t /*type*/, const ggml_tensor* tensor) {
  const auto source = SourceOf(tensor->type);
  if (!source || !FitsPanels(*source, tensor->ne[1], tensor->ne[0])) return ggml_nbytes(tensor);
  return static_cast<size_t>(MatrixBytes(FormatOf(*source), tensor->ne[1], tensor->ne[0]));
}

// Memory as of any other buffer of the processor; only what is written to it differs, and what it
// holds cannot be read back.
ggml_backend_buffer_t Alloc(ggml_backend_buffer_type_t type, size_t size) {
  ggml_backend_buffer_t buffer =
      ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size);
  if (buffer == nullptr) return nullptr;
  buffer->buft = type;
  buffer->iface.set_tensor = SetTensor;
  buffer->iface.get_tensor = nullptr;
  buffer->iface.cpy_tensor = nullptr;
  return buffer;
}

}  // namespace

bool TakesType(ggml_type type) { return TakenSource(type).has_value(); }

ggml_backend_buffer_type_t PanelBufferType() {
  static PanelType operations;
  static ggml_backend_buffer_type type = [] {
    ggml_backend_buffer_type made = {};
    made.iface.get_name = TypeName;
    made.iface.alloc_buffer = Alloc;
    made.iface.get_alignment = TypeAlignment;
    made.iface.get_alloc_size = AllocSize;
    made.device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    made.context = &operations;
    return made;
  }();
  return &type;
}

bool RegisterType() {
  static const bool registered = [] {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (device == nullptr) return false;
    auto& types = ggml_backend_cpu_get_extra_buffer_types();
    types.insert(types.begin(), PanelBufferType());
    // The loader asks for the list this way; it is made at the first call and then stays.
    const auto offered =
        reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
    return offered != nullptr && offered(device)[0] == PanelBufferType();
  }();
  return registered;
}

void UseKernel(const Kernel* kernel) { g_kernel.store(kernel, std::memory_order_relaxed); }

uint64_t NodesTaken() { return g_taken.load(std::memory_order_relaxed); }

}  // namespace bedplate::products
