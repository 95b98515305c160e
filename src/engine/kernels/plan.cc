#include <algorithm>
#include <cassert>

#include "engine/kernels/attention.h"
#include "engine/kernels/scratch.h"

namespace bedplate::kernels {
namespace {

constexpr int64_t kAlignment = 64;

int64_t Align(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

char* Align(void* memory) {
  return reinterpret_cast<char*>(Align(reinterpret_cast<intptr_t>(memory)));
}

// Hands out aligned arrays one after another.
class Layout {
 public:
  explicit Layout(char* memory) : memory_(memory) {}
  template <class T>
  T* Take(int64_t count) {
    T* const array = memory_ ? reinterpret_cast<T*>(memory_ + bytes_) : nullptr;
    bytes_ += Align(count * static_cast<int64_t>(sizeof(T)));
    return array;
  }
  int64_t bytes() const { return bytes_; }

 private:
  char* memory_;
  int64_t bytes_ = 0;
};

}  // namespace

Plan MakePlan(const Attention& attention, int threads) {
  assert(attention.heads % attention.key_heads == 0);
  Plan plan;
  plan.slice = std::min(attention.group(), kRowsMax);
  const int64_t queries_max = std::max<int64_t>(1, kRowsMax / plan.slice);
  plan.tiles = DivideUp(attention.query_count, queries_max);
  plan.tile_queries = DivideUp(attention.query_count, plan.tiles);

  // Enough items that threads end at nearly the same time; cells are cut only if tiles do not give
  // them, since each cut costs a partial result.
  const int64_t tiles = plan.tiles * attention.streams;
  const int64_t wanted = threads == 1 ? 1 : 3 * threads;
  const int64_t chunks = std::clamp<int64_t>(wanted / tiles, 1, DivideUp(attention.cells, 64));
  plan.chunk_cells = DivideUp(DivideUp(attention.cells, chunks), kBlock) * kBlock;
  plan.chunks = DivideUp(attention.cells, plan.chunk_cells);
  plan.items = tiles * plan.chunks;
  plan.partial_bytes = plan.chunks == 1 ? 0 : Align(PartialFloats(attention, plan) * sizeof(float));
  LayOutScratch(attention, plan, nullptr, plan.scratch_bytes);
  return plan;
}

int64_t Plan::WorkBytes(int threads) const {
  return threads * scratch_bytes + items * partial_bytes + kAlignment;
}

WorkMemory::WorkMemory(void* memory, const Plan& plan, int threads)
    : base_(Align(memory)),
      partials_(base_ + threads * plan.scratch_bytes),
      scratch_bytes_(plan.scratch_bytes),
      partial_bytes_(plan.partial_bytes) {}

Scratch LayOutScratch(const Attention& attention, const Plan& plan, char* memory, int64_t& bytes) {
  Layout layout(memory);
  Scratch scratch;
  scratch.seen = reinterpret_cast<uint32_t(*)[kSpanBlocks]>(
      layout.Take<uint32_t>(plan.tile_queries * kSpanBlocks));
  scratch.biased = layout.Take<bool>(plan.tile_queries);
  scratch.listed = layout.Take<uint32_t>(kSpan + kBlock);
  scratch.bias = layout.Take<float>(kSpan + kBlock);
  scratch.keys = layout.Take<float>(kBlock * attention.key_size);
  scratch.values = layout.Take<float>(kBlock * attention.value_size);
  scratch.queries = layout.Take<float>(attention.key_size * std::max(kRowsMax, attention.heads));
  scratch.out = layout.Take<float>(attention.value_size * kRowsMax);
  scratch.scores = layout.Take<float>(kBlock * kRowsMax);
  scratch.mask = layout.Take<float>(kBlock * kRowsMax);
  scratch.highest = layout.Take<float>(kRowsMax);
  scratch.sum = layout.Take<float>(kRowsMax);
  scratch.state = layout.Take<float>(plan.chunks == 1 ? PartialFloats(attention, plan) : 0);
  bytes = layout.bytes();
  return scratch;
}

}  // namespace bedplate::kernels
