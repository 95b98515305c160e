// For tests: attention problems of every kind from a seed, and their answer in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

inline constexpr float kHidden = -std::numeric_limits<float>::infinity();

enum class MaskKind : uint8_t {
  kNone,
  kCausal,     // one sequence, the last queries of it
  kSequences,  // unified cache: each query has a sequence of its own, cells interleaved
  kShared,     // a prefix that all see, then as above
  kMixed,      // prompts and generating sequences in one cache
  kRandom,     // each cell by chance
  kSparse,     // few cells, some queries none at all
  kBiased,     // with finite values, as ALiBi has them
};
inline constexpr int kMaskKinds = 8;

struct Shape {
  int64_t key_size = 64;
  int64_t value_size = 64;
  int64_t key_heads = 3;
  int64_t group = 3;
  int64_t queries = 1;
  int64_t streams = 1;
  int64_t cells = 512;
  MaskKind mask = MaskKind::kCausal;
};

// Owns the numbers that an Attention points to. K and V lie as in llama.cpp's cache: the heads of
// a cell side by side.
class AttentionCase {
 public:
  AttentionCase(const Shape& shape, uint32_t seed) : shape_(shape), random_(seed) {
    Fill();
    FillMask();
    Attention& a = attention_;
    const int64_t heads = shape.key_heads * shape.group;
    a.queries = reinterpret_cast<const char*>(queries_.data());
    a.keys = reinterpret_cast<const char*>(keys_.data());
    a.values = reinterpret_cast<const char*>(values_.data());
    a.mask = shape.mask == MaskKind::kNone ? nullptr : reinterpret_cast<const char*>(mask_.data());
    a.key_size = shape.key_size;
    a.value_size = shape.value_size;
    a.query_count = shape.queries;
    a.heads = heads;
    a.key_heads = shape.key_heads;
    a.streams = shape.streams;
    a.cells = shape.cells;
    a.query_head_stride = 4 * shape.key_size;
    a.query_stride = a.query_head_stride * heads;
    a.query_stream_stride = a.query_stride * shape.queries;
    a.key_head_stride = 2 * shape.key_size;
    a.key_stride = a.key_head_stride * shape.key_heads;
    a.key_stream_stride = a.key_stride * shape.cells;
    a.value_head_stride = 2 * shape.value_size;
    a.value_stride = a.value_head_stride * shape.key_heads;
    a.value_stream_stride = a.value_stride * shape.cells;
    a.mask_stride = 2 * shape.cells;
    a.mask_stream_stride = a.mask_stride * shape.queries;
    a.mask_streams = shape.streams;
    a.scale = 1 / std::sqrt(static_cast<float>(shape.key_size));
    out_.assign(shape.streams * shape.queries * heads * shape.value_size, NAN);
    a.out = out_.data();
  }
  AttentionCase(const AttentionCase&) = delete;

  const Attention& attention() const { return attention_; }
  const std::vector<float>& queries() const { return queries_; }
  std::vector<_Float16>& keys() { return keys_; }
  std::vector<_Float16>& values() { return values_; }
  const std::vector<_Float16>& mask() const { return mask_; }
  std::vector<float>& out() { return out_; }

  // The worst error of a row of `out`: the length of out - truth by that of the sums of
  // |weight * value|. Infinite when a number is not finite, or when a query that sees nothing got
  // anything but zeros.
  double WorstError(const std::vector<float>& out) const {
    double worst = 0;
    const int64_t heads = attention_.heads;
    std::vector<double> weight(shape_.cells);
    std::vector<double> truth(shape_.value_size);
    std::vector<double> size(shape_.value_size);
    for (int64_t row = 0; row < shape_.streams * shape_.queries * heads; ++row) {
      const int64_t head = row % heads;
      const int64_t stream = row / heads / shape_.queries;
      const bool sees = Weigh(row / heads, stream, head, weight);
      std::ranges::fill(truth, 0);
      std::ranges::fill(size, 0);
      for (int64_t cell = 0; cell < shape_.cells && sees; ++cell) {
        if (weight[cell] == 0) continue;
        const float* const value = &true_values_[CellAt(stream, cell, head, shape_.value_size)];
        for (int64_t d = 0; d < shape_.value_size; ++d) {
          truth[d] += weight[cell] * value[d];
          size[d] += weight[cell] * std::fabs(value[d]);
        }
      }
      double error = 0;
      double length = 0;
      for (int64_t d = 0; d < shape_.value_size; ++d) {
        const double got = out[row * shape_.value_size + d];
        if (!std::isfinite(got) || (!sees && got != 0)) return INFINITY;
        error += (got - truth[d]) * (got - truth[d]);
        length += size[d] * size[d];
      }
      if (sees) worst = std::max(worst, std::sqrt(error / length));
    }
    return worst;
  }

 private:
  uint32_t Below(uint32_t n) { return random_() % n; }

  int64_t CellAt(int64_t stream, int64_t cell, int64_t head, int64_t size) const {
    return ((stream * shape_.cells + cell) * shape_.key_heads + head / shape_.group) * size;
  }

  void Fill() {
    std::normal_distribution<float> normal;
    const int64_t cells = shape_.streams * shape_.cells * shape_.key_heads;
    queries_.resize(shape_.streams * shape_.queries * shape_.key_heads * shape_.group *
                    shape_.key_size);
    keys_.resize(cells * shape_.key_size);
    values_.resize(cells * shape_.value_size);
    for (float& x : queries_) x = normal(random_);
    for (_Float16& x : keys_) x = static_cast<_Float16>(normal(random_));
    for (_Float16& x : values_) x = static_cast<_Float16>(normal(random_) + 0.5f);
    true_keys_.assign(keys_.begin(), keys_.end());
    true_values_.assign(values_.begin(), values_.end());
  }

  void FillMask() {
    if (shape_.mask == MaskKind::kNone) return;
    mask_.resize(shape_.streams * shape_.queries * shape_.cells);
    const int64_t prefix = Below(shape_.cells + 1);
    const int64_t free_from = shape_.cells - Below(shape_.cells / 2 + 1);
    for (int64_t s = 0; s < shape_.streams; ++s) {
      for (int64_t q = 0; q < shape_.queries; ++q) {
        for (int64_t c = 0; c < shape_.cells; ++c) {
          mask_[(s * shape_.queries + q) * shape_.cells + c] =
              static_cast<_Float16>(MaskOf(s, q, c, prefix, free_from));
        }
      }
    }
  }

  float MaskOf(int64_t stream, int64_t query, int64_t cell, int64_t prefix, int64_t free_from) {
    const bool causal = cell <= shape_.cells - shape_.queries + query - stream;
    switch (shape_.mask) {
      case MaskKind::kNone:
        return 0;
      case MaskKind::kCausal:
        return causal ? 0 : kHidden;
      case MaskKind::kSequences:
        return cell < free_from && cell % shape_.queries == query ? 0 : kHidden;
      case MaskKind::kShared:
        return cell < prefix || (cell < free_from && cell % shape_.queries == query) ? 0 : kHidden;
      case MaskKind::kMixed:
        if (query % 2 == 0) return causal && cell >= prefix ? 0 : kHidden;
        return cell / 50 % (query + 2) == 1 ? 0 : kHidden;
      case MaskKind::kRandom:
        return Below(2) == 0 ? 0 : kHidden;
      case MaskKind::kSparse:
        return query % 3 != 1 && Below(40) == 0 ? 0 : kHidden;
      case MaskKind::kBiased:
        return causal ? -0.01f * static_cast<float>((cell + query) % 300) : kHidden;
    }
    return 0;
  }

  // Softmax of one row; false if it sees no cell.
  bool Weigh(int64_t query, int64_t stream, int64_t head, std::vector<double>& weight) const {
    const float* const q = &queries_[(query * attention_.heads + head) * shape_.key_size];
    double highest = -INFINITY;
    for (int64_t cell = 0; cell < shape_.cells; ++cell) {
      const double mask = mask_.empty() ? 0 : mask_[query * shape_.cells + cell];
      weight[cell] = -INFINITY;
      if (mask == -INFINITY) continue;
      double dot = 0;
      const int64_t at = CellAt(stream, cell, head, shape_.key_size);
      for (int64_t d = 0; d < shape_.key_size; ++d)
        dot += static_cast<double>(q[d]) * true_keys_[at + d];
      weight[cell] = dot * attention_.scale + mask;
      highest = std::max(highest, weight[cell]);
    }
    if (highest == -INFINITY) return false;
    double sum = 0;
    for (double& w : weight) sum += w = w == -INFINITY ? 0 : std::exp(w - highest);
    for (double& w : weight) w /= sum;
    return true;
  }

  Shape shape_;
  std::mt19937 random_;
  std::vector<float> queries_;
  std::vector<_Float16> keys_;
  std::vector<_Float16> values_;
  std::vector<float> true_keys_;  // what keys_ and values_ were at first
  std::vector<float> true_values_;
  std::vector<_Float16> mask_;
  std::vector<float> out_;
  Attention attention_;
};

inline std::string Describe(const Shape& s) {
  const auto text = [](int64_t n) { return std::to_string(n); };
  return "K" + text(s.key_size) + " V" + text(s.value_size) + " heads " + text(s.key_heads) + "x" +
         text(s.group) + " queries " + text(s.queries) + " streams " + text(s.streams) + " cells " +
         text(s.cells) + " mask " + text(static_cast<int>(s.mask));
}

inline Shape RandomShape(uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&](std::initializer_list<int64_t> from) {
    return *(from.begin() + random() % from.size());
  };
  Shape shape;
  shape.key_size = shape.value_size = pick({16, 32, 64, 64, 64, 80, 96, 112, 128, 256});
  if (random() % 8 == 0) shape.value_size = pick({16, 64, 96});
  shape.key_heads = 1 + random() % 4;
  shape.group = pick({1, 2, 3, 4, 5, 7, 8, 16, 20, 49});
  shape.queries = pick({1, 1, 2, 3, 5, 9, 16, 17, 33, 70});
  shape.streams = random() % 5 == 0 ? 3 : 1;
  shape.cells = 1 + random() % (random() % 10 == 0 ? 2500 : 300);
  shape.mask = static_cast<MaskKind>(random() % kMaskKinds);
  // The truth takes time.
  const int64_t rows = shape.key_heads * shape.group * shape.queries * shape.streams;
  while (rows * shape.cells * shape.key_size > 8'000'000) shape.cells = (shape.cells + 1) / 2;
  return shape;
}

}  // namespace bedplate::kernels
