#include <algorithm>
#include <bit>
#include <cassert>

#include "engine/kernels/layout.h"
#include "engine/kernels/plan.h"

namespace bedplate::kernels {
namespace {

// In units of a listed cell with all heads. A dense block's cells cost a query a quarter of that,
// and as much as a block's list for turning K and V to F32.
int64_t CostOfBlock(uint64_t dense, uint16_t listed) {
  return listed + (dense == 0 ? 0 : kBlock + kBlock / 4 * std::popcount(dense));
}

// Calls visit(block) for the live blocks of a tile, whose words begin at `live`.
template <class Visit>
void ForLiveBlocks(const uint32_t* live, int64_t spans, Visit visit) {
  for (int64_t span = 0; span < spans; ++span) {
    for (uint32_t left = live[span]; left != 0; left &= left - 1) {
      visit(span * kSpanBlocks + std::countr_zero(left));
    }
  }
}

}  // namespace

const MaskTable& SurveyMemory::Begin(const Attention& attention, const Plan& plan) {
  survey_.plan = plan;
  const int64_t queries = attention.mask_streams * attention.query_count;
  const int64_t tiles = attention.mask_streams * plan.tiles;
  const auto lay_out = [&](char* memory) {
    Layout layout(memory);
    MaskTable& table = survey_.table;
    table.seen = layout.Take<uint32_t>(queries * plan.spans * kSpanBlocks);
    table.biased = layout.Take<uint32_t>(queries * plan.spans);
    table.live = layout.Take<uint32_t>(tiles * plan.spans);
    table.dense = layout.Take<uint64_t>(tiles * plan.spans * kSpanBlocks);
    table.listed = layout.Take<uint16_t>(tiles * plan.spans * kSpanBlocks);
    return layout.bytes();
  };
  const auto words = static_cast<size_t>((lay_out(nullptr) + kAlignment) / sizeof(uint64_t));
  if (table_.size() < words) table_.resize(words);
  lay_out(Align(table_.data()));
  return survey_.table;
}

SurveyMemory::TileCost SurveyMemory::CostOf(int64_t mask_tile) const {
  const Plan& plan = survey_.plan;
  const MaskTable& table = survey_.table;
  TileCost total = {};
  ForLiveBlocks(table.live + mask_tile * plan.spans, plan.spans, [&](int64_t block) {
    const int64_t at = mask_tile * plan.spans * kSpanBlocks + block;
    total.cost += CostOfBlock(table.dense[at], table.listed[at]);
    ++total.live_blocks;
  });
  return total;
}

void SurveyMemory::CutTile(int32_t stream, int32_t tile, int64_t mask_tile, int64_t total) {
  const Plan& plan = survey_.plan;
  const TileCost cost = costs_[mask_tile];
  TileCut& cut = tiles_[stream * plan.tiles + tile];
  // At least two live blocks for a part.
  const int64_t parts =
      std::clamp<int64_t>(total == 0 ? 1 : DivideUp(plan.parts * cost.cost, total), 1,
                          std::max<int64_t>(1, cost.live_blocks / 2));
  const auto blocks = static_cast<int32_t>(plan.blocks);
  if (parts == 1) {
    cut.partials = 0;
    items_.push_back({stream, tile, 0, blocks, -1});
    return;
  }
  int64_t done = 0;
  int64_t part = 1;
  int32_t first = 0;
  auto partial = cut.first_partial;
  const MaskTable& table = survey_.table;
  ForLiveBlocks(table.live + mask_tile * plan.spans, plan.spans, [&](int64_t block) {
    const int64_t at = mask_tile * plan.spans * kSpanBlocks + block;
    done += CostOfBlock(table.dense[at], table.listed[at]);
    if (part == parts || done * parts < part * cost.cost) return;
    part = done * parts / cost.cost + 1;
    if (done == cost.cost) return;  // the rest of the blocks is not live
    items_.push_back({stream, tile, first, static_cast<int32_t>(block + 1), partial++});
    first = static_cast<int32_t>(block + 1);
  });
  items_.push_back({stream, tile, first, blocks, partial++});
  cut.partials = partial - cut.first_partial;
}

const Survey& SurveyMemory::Cut(const Attention& attention) {
  const Plan& plan = survey_.plan;
  costs_.clear();
  for (int64_t tile = 0; tile < attention.mask_streams * plan.tiles; ++tile) {
    costs_.push_back(CostOf(tile));
  }
  int64_t total = 0;
  for (int64_t stream = 0; stream < attention.streams; ++stream) {
    const int64_t first = stream % attention.mask_streams * plan.tiles;
    for (int64_t tile = 0; tile < plan.tiles; ++tile) total += costs_[first + tile].cost;
  }
  items_.clear();
  tiles_.resize(attention.streams * plan.tiles);
  int32_t partials = 0;
  for (int64_t stream = 0; stream < attention.streams; ++stream) {
    const int64_t first = stream % attention.mask_streams * plan.tiles;
    // Last tiles first: causal ones see most, and long work is better begun early.
    for (int64_t tile = plan.tiles - 1; tile >= 0; --tile) {
      TileCut& cut = tiles_[stream * plan.tiles + tile];
      cut.first_partial = partials;
      CutTile(static_cast<int32_t>(stream), static_cast<int32_t>(tile), first + tile, total);
      partials += cut.partials;
    }
  }
  assert(partials <= plan.partials_max);
  survey_.items = items_.data();
  survey_.item_count = static_cast<int64_t>(items_.size());
  survey_.tiles = tiles_.data();
  return survey_;
}

}  // namespace bedplate::kernels
