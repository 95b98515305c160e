// Cells of a step that few see: for each query a list of them. Included like vector_inl.h.
#pragma once

// Adds the cells of a block that query `i` sees to the list.
inline int64_t ListBlock(const Work& work, int64_t i, int64_t block, int64_t count) {
  const Scratch& scratch = work.scratch;
  const auto first = static_cast<uint32_t>(block * kBlock);
  const bool biased = work.Biased(i, block);
  for (uint32_t seen = work.Seen(i, block); seen != 0; seen &= seen - 1) {
    const uint32_t cell = first + __builtin_ctz(seen);
    scratch.listed[count] = cell;
    scratch.bias[count++] = biased ? work.MaskAt(i, cell) : 0;
  }
  return count;
}

// Pads the list so that it can be read a block at a time.
inline void PadList(const Work& work, int64_t count) {
  const Scratch& scratch = work.scratch;
  for (int64_t c = count; c < count + kBlock; ++c) {
    scratch.listed[c] = scratch.listed[count - 1];
    scratch.bias[c] = -INFINITY;
  }
}

// Query `i` over the listed cells, for the heads [head, head + heads). Every group's turn comes for
// each block of the list, so that the cells of a block, whose heads lie together, are read once.
inline void ComputeListed(const Work& work, int64_t i, int64_t count, int64_t head, int64_t heads) {
  if (count == 0) return;
  PadList(work, count);
  const Attention& attention = work.attention;
  const Vector scale = Splat(work.query_scale);
  for (int64_t h = 0; h < heads; ++h) {
    const float* const from = work.Query(i, head + h);
    float* const to = work.scratch.queries + h * attention.key_size;
    for (int64_t d = 0; d < attention.key_size; d += kLanes) {
      Store(to + d, Mul(Load(from + d), scale));
    }
  }
  CellList list{.key_code = &CodeOf(attention.key_format),
                .value_code = &CodeOf(attention.value_format),
                .keys = nullptr,
                .values = nullptr,
                .key_stride = attention.key_stride,
                .value_stride = attention.value_stride,
                .key_size = attention.key_size,
                .value_size = attention.value_size,
                .cap = work.cap,
                .cells = nullptr,
                .bias = nullptr,
                .count = 0,
                .fetch_next = false};
  for (int64_t c = 0; c < count; c += kBlock) {
    list.cells = work.scratch.listed + c;
    list.bias = work.scratch.bias + c;
    list.count = count - c < kBlock ? count - c : kBlock;
    list.fetch_next = count - c > kBlock;
    for (int64_t h = 0; h < heads;) {
      const int64_t key_head = (head + h) / attention.group();
      const int64_t left = (key_head + 1) * attention.group() - (head + h);
      const int64_t taken = left < heads - h ? left : heads - h;
      const int64_t row = i * attention.heads + head + h;
      list.keys = work.KeyHead(key_head);
      list.values = work.ValueHead(key_head);
      ComputeList(list,
                  {work.scratch.queries + h * attention.key_size, work.scratch.slopes + head + h,
                   work.out + row * attention.value_size, work.highest + row, work.sum + row},
                  taken);
      h += taken;
    }
  }
}

// Every query over what it sees of a step beside the blocks that it computes densely.
inline void ComputeLists(const Work& work, const Step& step) {
  if (step.listed == 0) return;
  for (int64_t i = 0; i < work.queries; ++i) {
    int64_t count = 0;
    for (int64_t b = 0; b < step.count; ++b) {
      const int64_t block = step.blocks[b];
      if ((work.dense[block] >> i & 1) == 0) count = ListBlock(work, i, block, count);
    }
    ComputeListed(work, i, count, 0, work.attention.heads);
  }
}
