// Looks at a mask: which cells each query sees, and which blocks are worth computing densely.
// Included like vector_inl.h.
#pragma once

// Blocks are computed densely for queries that see at least half of one, if these are so many rows
// that it pays: below, computing the other lanes for nothing costs more than lists do.
constexpr int kDenseSeenMin = kBlock / 2;
constexpr int64_t kDenseRowsMin = kLanes / 2 + 1;

// Cells [cell, cell + kBlock) of a row of the mask (null: all are seen), those from `cells` on are
// hidden.
inline MaskBits LookAtCells(const char* mask, int64_t cell, int64_t cells) {
  const int64_t count = cells - cell;
  if (!mask) return {count < kBlock ? (1u << count) - 1 : ~0u, 0};
  if (count >= kBlock) return LookAtBlock(mask + 2 * cell);
  uint16_t some[kBlock];
  for (uint16_t& x : some) x = 0xfc00;
  __builtin_memcpy(some, mask + 2 * cell, 2 * count);
  return LookAtBlock(reinterpret_cast<const char*>(some));
}

// What the queries of a tile see of a span, block by block.
struct SpanCounts {
  uint32_t live = 0;
  uint64_t dense[kSpanBlocks] = {};        // queries that see enough
  uint32_t dense_cells[kSpanBlocks] = {};  // that they see
  uint32_t all_cells[kSpanBlocks] = {};    // that all see
};

// Query `i` of the tile; fills its words of the table.
inline void LookAtQuery(const char* mask, int64_t first_block, int64_t i, int64_t cells,
                        uint32_t* seen, uint32_t* biased, SpanCounts& counts) {
  uint32_t biased_blocks = 0;
  for (int64_t b = 0; b < kSpanBlocks; ++b) {
    const int64_t cell = (first_block + b) * kBlock;
    const MaskBits bits = cell < cells ? LookAtCells(mask, cell, cells) : MaskBits{0, 0};
    seen[b] = bits.seen;
    if (bits.seen == 0) continue;
    const auto count = static_cast<uint32_t>(__builtin_popcount(bits.seen));
    counts.live |= 1u << b;
    counts.all_cells[b] += count;
    if (count >= kDenseSeenMin) {
      counts.dense[b] |= uint64_t{1} << i;
      counts.dense_cells[b] += count;
    }
    if (bits.biased != 0) biased_blocks |= 1u << b;
  }
  *biased = biased_blocks;
}

void LookAtUnit(const Attention& attention, const Plan& plan, const MaskTable& table,
                int64_t unit) {
  const int64_t span = unit % plan.spans;
  const int64_t mask_tile = unit / plan.spans;
  const int64_t stream = mask_tile / plan.tiles;
  const int64_t query = mask_tile % plan.tiles * plan.tile_queries;
  const int64_t left = attention.query_count - query;
  const int64_t queries = left < plan.tile_queries ? left : plan.tile_queries;
  SpanCounts counts;
  for (int64_t i = 0; i < queries; ++i) {
    const char* const mask = attention.mask
                                 ? attention.mask + stream * attention.mask_stream_stride +
                                       (query + i) * attention.mask_stride
                                 : nullptr;
    const int64_t row = stream * attention.query_count + query + i;
    LookAtQuery(mask, span * kSpanBlocks, i, attention.cells,
                table.seen + (row * plan.spans + span) * kSpanBlocks,
                table.biased + row * plan.spans + span, counts);
  }
  table.live[unit] = counts.live;
  for (int64_t b = 0; b < kSpanBlocks; ++b) {
    const bool pays = __builtin_popcountll(counts.dense[b]) * plan.slice >= kDenseRowsMin;
    table.dense[unit * kSpanBlocks + b] = pays ? counts.dense[b] : 0;
    table.listed[unit * kSpanBlocks + b] =
        static_cast<uint16_t>(counts.all_cells[b] - (pays ? counts.dense_cells[b] : 0));
  }
}
