// How an Attention is cut up: tiles of queries, and parts of the cells that a tile sees.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

// Cells that many rows see are computed in blocks of so many; also the bits of a mask word.
inline constexpr int64_t kBlock = 32;
// Blocks of a word of bits of blocks.
inline constexpr int64_t kSpanBlocks = 32;

// Rows (query x head) that are computed together where cells are seen by many.
inline constexpr int64_t kRowsMax = 48;
// Queries of an item.
inline constexpr int64_t kTileQueriesMax = kRowsMax;

// What is known of the cut before the mask is looked at; memory is sized by it.
struct Plan {
  int64_t slice = 0;          // heads of one group computed together, <= kRowsMax
  int64_t tile_queries = 0;   // queries of an item
  int64_t tiles = 0;          // of one stream
  int64_t blocks = 0;         // of kBlock cells each
  int64_t spans = 0;          // of kSpanBlocks blocks each
  int64_t units = 0;          // parts of the mask that threads look at: a tile's span each
  int64_t parts = 0;          // how many items of equal cost are wanted
  int64_t partials_max = 0;   // items of tiles whose cells are cut
  int64_t scratch_bytes = 0;  // of each thread
  int64_t partial_bytes = 0;  // of each partial result

  // Bytes of work memory for so many threads, whatever its alignment.
  int64_t WorkBytes(int threads) const;

  bool operator==(const Plan&) const = default;
};

// `threads` decides how fine the cut is.
Plan MakePlan(const Attention& attention, int threads);

// Views into memory of a SurveyMemory. Words of queries and tiles of a mask stream follow those of
// the stream before.
struct MaskTable {
  uint32_t* seen;    // [query][spans * kSpanBlocks]: bit i: cell i of the block is not hidden
  uint32_t* biased;  // [query][span]: bit b: block b of the span adds something other than 0
  uint32_t* live;    // [tile][span]: bit b: some query sees a cell of block b of the span
  uint64_t* dense;   // [tile][spans * kSpanBlocks]: bit i: query i computes the block densely
  uint16_t* listed;  // likewise: cells that are left to lists, over all queries
};

// A tile's queries over its live blocks of a range.
struct Item {
  int32_t stream;
  int32_t tile;
  int32_t first_block;
  int32_t last_block;  // after the last
  int32_t partial;     // its partial result; -1: the tile is whole, results are written
};

struct TileCut {
  int32_t first_partial;
  int32_t partials;  // 0: the tile is one item
};

// What was found in a mask, and the cut that follows from it.
struct Survey {
  Plan plan;
  MaskTable table;
  const Item* items;
  int64_t item_count;
  const TileCut* tiles;  // [stream][tile]
};

// Memory of a survey, kept for the next one. Takes 7 % of what the mask does; up to 22 % where one
// query fills a tile (25 heads of a group and more).
class SurveyMemory {
 public:
  // A table for all units of `plan` to be looked at; valid until the next call.
  const MaskTable& Begin(const Attention& attention, const Plan& plan);
  // After that: cuts items of nearly equal cost wherever the live cells are.
  const Survey& Cut(const Attention& attention);

  const Survey& survey() const { return survey_; }

 private:
  struct TileCost {
    int64_t cost;
    int64_t live_blocks;
  };
  TileCost CostOf(int64_t mask_tile) const;
  void CutTile(int32_t stream, int32_t tile, int64_t mask_tile, int64_t total);

  Survey survey_ = {};
  std::vector<uint64_t> table_;
  std::vector<TileCost> costs_;
  std::vector<Item> items_;
  std::vector<TileCut> tiles_;
};

// Work memory as the plan lays it out: a thread's scratch and an item's partial result.
class WorkMemory {
 public:
  WorkMemory(void* memory, const Plan& plan, int threads);
  char* Scratch(int thread) const { return base_ + thread * scratch_bytes_; }
  float* Partial(int64_t partial) const {
    return reinterpret_cast<float*>(partials_ + partial * partial_bytes_);
  }

 private:
  char* base_;
  char* partials_;
  int64_t scratch_bytes_;
  int64_t partial_bytes_;
};

}  // namespace bedplate::kernels
