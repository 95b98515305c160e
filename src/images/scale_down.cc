#include "images/scale_down.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace bedplate::images {
namespace {

// What of the old pixels begin .. begin + weights.size() - 1 a new one stands for; the weights are
// 1 together.
struct Span {
  size_t begin = 0;
  std::vector<float> weights{};
};

std::vector<Span> SpansOf(uint32_t old_side, uint32_t new_side) {
  const double step = static_cast<double>(old_side) / new_side;
  std::vector<Span> spans(new_side);
  for (uint32_t i = 0; i < new_side; ++i) {
    const double from = i * step;
    const double to = std::min<double>((i + 1) * step, old_side);
    Span& span = spans[i];
    span.begin = static_cast<size_t>(from);
    const size_t end = std::min<size_t>(static_cast<size_t>(std::ceil(to)), old_side);
    for (size_t at = span.begin; at < end; ++at) {
      const double covered =
          std::min(to, static_cast<double>(at + 1)) - std::max(from, static_cast<double>(at));
      span.weights.push_back(static_cast<float>(covered / (to - from)));
    }
  }
  return spans;
}

// One row of the old picture, as wide as the new one.
void NarrowRow(const uint8_t* row, const std::vector<Span>& columns, float* out) {
  for (const Span& span : columns) {
    std::array<float, 3> sum{};
    const uint8_t* pixel = row + span.begin * 3;
    for (const float weight : span.weights) {
      for (size_t channel = 0; channel < 3; ++channel) sum[channel] += weight * pixel[channel];
      pixel += 3;
    }
    out = std::copy(sum.begin(), sum.end(), out);
  }
}

}  // namespace

Picture ScaleDown(Picture picture, uint64_t pixels_max) {
  const uint64_t pixels = uint64_t{picture.width} * picture.height;
  if (pixels <= pixels_max) return picture;
  const double scale = std::sqrt(static_cast<double>(pixels_max) / static_cast<double>(pixels));
  const auto shorter = [&](uint32_t side) {
    return std::max<uint32_t>(1, static_cast<uint32_t>(std::floor(side * scale)));
  };
  Picture small{.width = shorter(picture.width),
                .height = shorter(picture.height),
                .orientation = picture.orientation};
  // A side that can't be less than a pixel has the other be shorter yet.
  small.height = static_cast<uint32_t>(std::min<uint64_t>(small.height, pixels_max));
  small.width = static_cast<uint32_t>(std::min<uint64_t>(small.width, pixels_max / small.height));
  const std::vector<Span> columns = SpansOf(picture.width, small.width);
  const std::vector<Span> rows = SpansOf(picture.height, small.height);
  const size_t row_numbers = size_t{small.width} * 3;
  small.rgb.resize(row_numbers * small.height);
  std::vector<float> narrow(row_numbers);
  std::vector<float> sum(row_numbers);
  const auto* pixels_in = reinterpret_cast<const uint8_t*>(picture.rgb.data());
  auto* out = reinterpret_cast<uint8_t*>(small.rgb.data());
  for (const Span& span : rows) {
    std::ranges::fill(sum, 0.0F);
    for (size_t i = 0; i < span.weights.size(); ++i) {
      NarrowRow(pixels_in + (span.begin + i) * picture.width * 3, columns, narrow.data());
      for (size_t at = 0; at < row_numbers; ++at) sum[at] += span.weights[i] * narrow[at];
    }
    for (const float value : sum)
      *out++ = static_cast<uint8_t>(std::lround(std::min(value, 255.0F)));
  }
  return small;
}

}  // namespace bedplate::images
