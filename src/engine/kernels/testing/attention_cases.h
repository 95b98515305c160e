// For tests: attention problems of every kind from a seed, and their answer in double precision.
#pragma once

#include <algorithm>
#include <bit>
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

inline int64_t RowBytes(Format format, int64_t numbers) {
  return format == Format::kQ8 ? numbers / kQ8Block * (2 + kQ8Block) : 2 * numbers;
}

// The numbers in that format; they become what it made of them.
inline std::vector<char> Encode(Format format, std::vector<float>& numbers) {
  std::vector<char> bytes(RowBytes(format, static_cast<int64_t>(numbers.size())));
  const auto put = [&](size_t at, auto value) { std::memcpy(&bytes[at], &value, sizeof value); };
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (format == Format::kF16) {
      const auto half = static_cast<_Float16>(numbers[i]);
      put(2 * i, half);
      numbers[i] = half;
    } else if (format == Format::kBf16) {
      const uint32_t bits = std::bit_cast<uint32_t>(numbers[i]) & 0xffff0000;
      put(2 * i, static_cast<uint16_t>(bits >> 16));
      numbers[i] = std::bit_cast<float>(bits);
    } else {
      const size_t block = i / kQ8Block * (2 + kQ8Block);
      if (i % kQ8Block == 0) {
        float most = 1e-3f;
        for (size_t j = i; j < i + kQ8Block; ++j) most = std::max(most, std::fabs(numbers[j]));
        put(block, static_cast<_Float16>(most / 127));
      }
      _Float16 scale;
      std::memcpy(&scale, &bytes[block], sizeof scale);
      const float scaled = std::round(numbers[i] / static_cast<float>(scale));
      const auto byte = static_cast<int8_t>(std::clamp(scaled, -127.0f, 127.0f));
      put(block + 2 + i % kQ8Block, byte);
      numbers[i] = static_cast<float>(scale) * byte;
    }
  }
  return bytes;
}

enum class MaskKind : uint8_t {
  kNone,
  kCausal,     // one sequence, the last queries of it
  kSequences,  // unified cache: each query has a sequence of its own, cells interleaved
  kShared,     // a prefix that all see, then as above
  kMixed,      // prompts and generating sequences in one cache
  kRandom,     // each cell by chance
  kSparse,     // few cells, some queries none at all
  kBiased,     // with finite values, as ALiBi has them
  kWindow,     // causal, the last 70 cells
};
inline constexpr int kMaskKinds = 9;

struct Shape {
  int64_t key_size = 64;
  int64_t value_size = 64;
  int64_t key_heads = 3;
  int64_t group = 3;
  int64_t queries = 1;
  int64_t streams = 1;
  int64_t cells = 512;
  MaskKind mask = MaskKind::kCausal;
  Format key_format = Format::kF16;
  Format value_format = Format::kF16;
  float soft_cap = 0;
  float max_bias = 0;  // wants a mask
  bool sinks = false;
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
    a.key_format = shape.key_format;
    a.value_format = shape.value_format;
    a.soft_cap = shape.soft_cap;
    a.max_bias = shape.max_bias;
    a.sinks = shape.sinks ? sinks_.data() : nullptr;
    a.queries = reinterpret_cast<const char*>(queries_.data());
    a.keys = keys_.data();
    a.values = values_.data();
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
    a.key_head_stride = RowBytes(shape.key_format, shape.key_size);
    a.key_stride = a.key_head_stride * shape.key_heads;
    a.key_stream_stride = a.key_stride * shape.cells;
    a.value_head_stride = RowBytes(shape.value_format, shape.value_size);
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
  // Bytes of K and V.
  std::vector<char>& keys() { return keys_; }
  std::vector<char>& values() { return values_; }
  std::vector<_Float16>& mask() { return mask_; }
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
    for (float& x : queries_) x = normal(random_);
    true_keys_.resize(cells * shape_.key_size);
    true_values_.resize(cells * shape_.value_size);
    for (float& x : true_keys_) x = normal(random_);
    for (float& x : true_values_) x = normal(random_) + 0.5f;
    keys_ = Encode(shape_.key_format, true_keys_);
    values_ = Encode(shape_.value_format, true_values_);
    sinks_.resize(shape_.key_heads * shape_.group);
    for (float& x : sinks_) x = 3 * normal(random_);
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
      case MaskKind::kWindow:
        return causal && cell > shape_.cells - shape_.queries + query - stream - 70 ? 0 : kHidden;
    }
    return 0;
  }

  double Slope(int64_t head) const {
    if (shape_.max_bias == 0) return 1;
    int64_t power = 1;
    while (2 * power <= attention_.heads) power *= 2;
    return head < power
               ? std::pow(2.0, -shape_.max_bias / static_cast<double>(power) * (head + 1.0))
               : std::pow(2.0, -shape_.max_bias / 2 / static_cast<double>(power) *
                                   (2.0 * static_cast<double>(head - power) + 1));
  }

  // Softmax of one row; false if it sees no cell.
  bool Weigh(int64_t query, int64_t stream, int64_t head, std::vector<double>& weight) const {
    const float* const q = &queries_[(query * attention_.heads + head) * shape_.key_size];
    const double slope = Slope(head);
    double highest = -INFINITY;
    for (int64_t cell = 0; cell < shape_.cells; ++cell) {
      const double mask = mask_.empty() ? 0 : mask_[query * shape_.cells + cell];
      weight[cell] = -INFINITY;
      if (mask == -INFINITY) continue;
      double dot = 0;
      const int64_t at = CellAt(stream, cell, head, shape_.key_size);
      for (int64_t d = 0; d < shape_.key_size; ++d)
        dot += static_cast<double>(q[d]) * true_keys_[at + d];
      dot *= attention_.scale;
      if (shape_.soft_cap != 0) dot = shape_.soft_cap * std::tanh(dot / shape_.soft_cap);
      weight[cell] = dot + mask * slope;
      highest = std::max(highest, weight[cell]);
    }
    if (highest == -INFINITY) return false;
    double sum = shape_.sinks ? std::exp(sinks_[head] - highest) : 0;
    for (double& w : weight) sum += w = w == -INFINITY ? 0 : std::exp(w - highest);
    for (double& w : weight) w /= sum;
    return true;
  }

  Shape shape_;
  std::mt19937 random_;
  std::vector<float> queries_;
  std::vector<char> keys_;
  std::vector<char> values_;
  std::vector<float> sinks_;
  std::vector<float> true_keys_;  // what keys_ and values_ stood for at first
  std::vector<float> true_values_;
  std::vector<_Float16> mask_;
  std::vector<float> out_;
  Attention attention_;
};

inline std::string Describe(const Shape& s) {
  const auto text = [](int64_t n) { return std::to_string(n); };
  return "K" + text(s.key_size) + " V" + text(s.value_size) + " heads " + text(s.key_heads) + "x" +
         text(s.group) + " queries " + text(s.queries) + " streams " + text(s.streams) + " cells " +
         text(s.cells) + " mask " + text(static_cast<int>(s.mask)) + " formats " +
         text(static_cast<int>(s.key_format)) + text(static_cast<int>(s.value_format)) +
         " soft cap " + std::to_string(s.soft_cap) + " ALiBi " + std::to_string(s.max_bias) +
         (s.sinks ? " sinks" : "");
}

inline Shape RandomShape(uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&](std::initializer_list<int64_t> from) {
    return *(from.begin() + random() % from.size());
  };
  Shape shape;
  const auto format = [&] { return static_cast<Format>(pick({0, 0, 0, 1, 2})); };
  shape.key_format = format();
  shape.value_format = random() % 2 == 0 ? shape.key_format : format();
  const auto size = [&](Format of) {
    return of == Format::kQ8 ? pick({32, 64, 96, 128, 256})
                             : pick({16, 32, 64, 64, 64, 80, 96, 112, 128, 256, 512, 576});
  };
  shape.key_size = size(shape.key_format);
  shape.value_size = size(shape.value_format);
  if (random() % 8 != 0 && shape.key_size % kQ8Block == 0) shape.value_size = shape.key_size;
  shape.key_heads = 1 + random() % 4;
  shape.group = pick({1, 2, 3, 4, 5, 7, 8, 16, 20, 49});
  shape.queries = pick({1, 1, 2, 3, 5, 9, 16, 17, 33, 70});
  shape.streams = random() % 5 == 0 ? 3 : 1;
  shape.cells = 1 + random() % (random() % 10 == 0 ? 2500 : 300);
  shape.mask = static_cast<MaskKind>(random() % kMaskKinds);
  shape.soft_cap = random() % 4 == 0 ? static_cast<float>(pick({2, 30, 50})) : 0;
  shape.sinks = random() % 4 == 0;
  if (shape.mask == MaskKind::kBiased && random() % 2 == 0) shape.max_bias = 8;
  // The truth takes time.
  const int64_t rows = shape.key_heads * shape.group * shape.queries * shape.streams;
  while (rows * shape.cells * shape.key_size > 4'000'000) shape.cells = (shape.cells + 1) / 2;
  return shape;
}

}  // namespace bedplate::kernels
