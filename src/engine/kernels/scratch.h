// Memory that one thread computes an item in. Pointers into one block; sizes follow the plan.
#pragma once

#include <cstdint>

#include "engine/kernels/plan.h"

namespace bedplate::kernels {

// An item's live blocks are taken in steps: at most so many of them, fewer when so many cells are
// to be listed.
inline constexpr int64_t kStepBlocks = 64;
inline constexpr int64_t kStepListed = 1024;
// Cells that one query lists in a step.
inline constexpr int64_t kListMax = kStepListed + kBlock;

struct Scratch {
  float* slopes;  // [heads] what mask values are multiplied with
  // Cells that few see: their numbers, and what the mask adds. Room for a padded block.
  uint32_t* listed;
  float* bias;
  // Blocks that many see, with one row in each lane.
  float* keys;     // [kBlock][key_size]
  float* values;   // [kBlock][value_size]
  float* queries;  // [key_size][rows], scaled; or rows of key_size for listed cells
  float* out;      // [value_size][rows]
  float* scores;   // [kBlock][rows]
  float* mask;     // [kBlock][rows]
  float* highest;  // [rows] highest score so far
  float* sum;      // [rows] of 2^(score - highest)
  float* state;    // a result that grows where the item does not bring memory for it
};

// Rows of an item: each query of the tile with each head.
inline int64_t TileRows(const Attention& attention, const Plan& plan) {
  return plan.tile_queries * attention.heads;
}

// A partial result: rows of value_size, then the highest score and the sum of each row.
inline int64_t PartialFloats(const Attention& attention, const Plan& plan) {
  return TileRows(attention, plan) * (attention.value_size + 2);
}

// Lays a Scratch out from `memory` (aligned to 64) on; with nullptr, only the size matters.
Scratch LayOutScratch(const Attention& attention, const Plan& plan, char* memory, int64_t& bytes);

}  // namespace bedplate::kernels
