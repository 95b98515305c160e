#include "engine/buffers/page_buffers.h"

#include <sys/mman.h>

#include <type_traits>

#include "ggml-backend-impl.h"
#include "ggml-backend.h"

namespace bedplate::engine {
namespace {

static_assert(std::is_same_v<decltype(ggml_backend_buffer_i::clear),
                             void (*)(ggml_backend_buffer_t, uint8_t)> &&
                  std::is_same_v<decltype(ggml_backend_buffer_i::free_buffer),
                                 void (*)(ggml_backend_buffer_t)> &&
                  std::is_same_v<decltype(ggml_backend_buffer_type_i::alloc_buffer),
                                 ggml_backend_buffer_t (*)(ggml_backend_buffer_type_t, size_t)>,
              "the pinned llama.cpp changed its private interface: adapt src/engine/buffers");

// ggml's own, for small buffers and for all that does not concern where the memory is from.
ggml_backend_buffer_t (*g_alloc)(ggml_backend_buffer_type_t, size_t) = nullptr;
ggml_backend_buffer_i g_own = {};
ggml_backend_buffer_i g_pages = {};

// Of a buffer with pages, the context is where they begin, as in ggml's own.
void FreePages(ggml_backend_buffer_t buffer) { munmap(buffer->context, buffer->size); }

void ClearPages(ggml_backend_buffer_t buffer, uint8_t value) {
  if (value == 0 && madvise(buffer->context, buffer->size, MADV_DONTNEED) == 0) return;
  g_own.clear(buffer, value);
}

ggml_backend_buffer_t AllocPages(ggml_backend_buffer_type_t type, size_t size) {
  if (size < kPageBufferBytesMin) return g_alloc(type, size);
  void* const pages =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;  // ggml reports it as out of memory
  madvise(pages, size, MADV_HUGEPAGE);      // a kernel without huge pages refuses: no matter
  return ggml_backend_buffer_init(type, g_pages, pages, size);
}

}  // namespace

void UsePageBuffers() {
  if (g_alloc != nullptr) return;
  ggml_backend_buffer_type_t type = ggml_backend_cpu_buffer_type();
  ggml_backend_buffer_t sample = ggml_backend_buft_alloc_buffer(type, 1);
  if (sample == nullptr) return;
  g_own = sample->iface;
  ggml_backend_buffer_free(sample);
  g_pages = g_own;
  g_pages.free_buffer = FreePages;
  g_pages.clear = ClearPages;
  g_alloc = type->iface.alloc_buffer;
  type->iface.alloc_buffer = AllocPages;
}

}  // namespace bedplate::engine
