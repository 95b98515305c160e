// Memory that one thread computes an item in. Pointers into one block; sizes follow the plan.
#pragma once

#include <cstdint>

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

// Cells that many rows see are computed in blocks of so many; also the bits of a mask word.
inline constexpr int64_t kBlock = 32;
// Mask words are made for so many cells at a time.
inline constexpr int64_t kSpan = 1024;
inline constexpr int64_t kSpanBlocks = kSpan / kBlock;

struct Scratch {
  // Which cells each query of the tile sees: bit i of word [query][block] is cell i of the block.
  uint32_t (*seen)[kSpanBlocks];
  bool* biased;  // [query]: its mask has values other than 0 and -inf in this span
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
  float* state;    // a partial result where the item does not bring one
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
