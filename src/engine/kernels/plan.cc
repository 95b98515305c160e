#include "engine/kernels/plan.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "engine/kernels/layout.h"
#include "engine/kernels/scratch.h"

namespace bedplate::kernels {

Plan MakePlan(const Attention& attention, int threads) {
  assert(attention.heads % attention.key_heads == 0);
  Plan plan;
  plan.slice = std::min(attention.group(), kRowsMax);
  const int64_t queries_max = std::max<int64_t>(1, kRowsMax / plan.slice);
  plan.tiles = DivideUp(attention.query_count, queries_max);
  plan.tile_queries = DivideUp(attention.query_count, plan.tiles);
  plan.blocks = DivideUp(attention.cells, kBlock);
  plan.spans = DivideUp(plan.blocks, kSpanBlocks);
  plan.units = attention.mask_streams * plan.tiles * plan.spans;
  // Enough items that threads end at nearly the same time. A tile's cells are cut only if it is
  // more than one part, into at most twice its share: each cut costs a partial result.
  plan.parts = threads == 1 ? 1 : 3 * threads;
  plan.partials_max = threads == 1 ? 0 : 2 * plan.parts;
  plan.partial_bytes = Align(PartialFloats(attention, plan) * sizeof(float));
  LayOutScratch(attention, plan, nullptr, plan.scratch_bytes);
  return plan;
}

float MaskSlope(const Attention& attention, int64_t head) {
  if (attention.max_bias == 0) return 1;
  // Powers of one number for as many heads as the largest power of two has, of another between.
  const auto heads = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(attention.heads)));
  const float bias = attention.max_bias / static_cast<float>(heads);
  return head < heads ? std::exp2(-bias * static_cast<float>(head + 1))
                      : std::exp2(-bias / 2 * static_cast<float>(2 * (head - heads) + 1));
}

int64_t Plan::WorkBytes(int threads) const {
  return threads * scratch_bytes + partials_max * partial_bytes + kAlignment;
}

WorkMemory::WorkMemory(void* memory, const Plan& plan, int threads)
    : base_(Align(memory)),
      partials_(base_ + threads * plan.scratch_bytes),
      scratch_bytes_(plan.scratch_bytes),
      partial_bytes_(plan.partial_bytes) {}

Scratch LayOutScratch(const Attention& attention, const Plan& plan, char* memory, int64_t& bytes) {
  Layout layout(memory);
  Scratch scratch;
  scratch.slopes = layout.Take<float>(attention.heads);
  scratch.listed = layout.Take<uint32_t>(kListMax + kBlock);
  scratch.bias = layout.Take<float>(kListMax + kBlock);
  scratch.keys = layout.Take<float>(kBlock * attention.key_size);
  scratch.values = layout.Take<float>(kBlock * attention.value_size);
  scratch.queries = layout.Take<float>(attention.key_size * std::max(kRowsMax, attention.heads));
  scratch.out = layout.Take<float>(attention.value_size * kRowsMax);
  scratch.scores = layout.Take<float>(kBlock * kRowsMax);
  scratch.mask = layout.Take<float>(kBlock * kRowsMax);
  scratch.highest = layout.Take<float>(kRowsMax);
  scratch.sum = layout.Take<float>(kRowsMax);
  scratch.state = layout.Take<float>(PartialFloats(attention, plan));
  bytes = layout.bytes();
  return scratch;
}

}  // namespace bedplate::kernels
