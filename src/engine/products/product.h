// Products of weights with activations on the processor: out = W x, for many x.
//
// Nothing here knows ggml; ggml_type.cc hands it over. For quantised weights activations are
// rounded to 8 bits in blocks of 32 first, as ggml does for these formats; sums of a block are
// exact integers, and those of the blocks are F32. For halves activations stay F32, as all sums do.
// Rows of x are computed together, up to the registers of the processor, so that weights are read
// from memory and unpacked once for all of them.
//
// Threads: plain functions; whoever calls them divides rows and panels among threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/products/panels.h"

namespace bedplate::products {

// One block of activations: value = scale * q, q from -127 to 127 in the row's bytes.
struct ActivationBlock {
  float scale = 0;
  float sum = 0;  // scale * (the sum of the block's q): what a weight's minimum is multiplied by
  int16_t half_sums[2] = {};  // the sums of the q of its halves: what takes back that a weight's q
                              // is a number too high
};

// A row of activations: its bytes, then its blocks; or its floats.
constexpr int64_t ActivationBytes(Format format, int64_t columns) {
  const auto bytes =
      IsQuantised(format)
          ? columns + columns / kBlockColumns * static_cast<int64_t>(sizeof(ActivationBlock))
          : columns * static_cast<int64_t>(sizeof(float));
  return (bytes + 63) / 64 * 64;
}

struct Product {
  Format format = Format::kNibbles;
  const std::byte* panels = nullptr;
  int64_t columns = 0;
  const std::byte* activations = nullptr;  // `count` rows, made ready
  int64_t activation_stride = 0;           // bytes from one row to the next
  int64_t count = 0;
  float* out = nullptr;  // row i of the activations times row j of the weights: out[i * stride + j]
  int64_t out_stride = 0;  // floats
};

// One instruction set's code.
struct Kernel {
  std::string_view name;  // "avx512", "avx2"
  // Whether products with superblocks are its work, or left to ggml: it can compute them anyhow.
  bool takes_superblocks = false;
  // Makes one row ready: rounded to bytes, or copied (which rows of floats that are equally far
  // from each other do without). Values beyond what F32 holds make infinite or undefined results,
  // no crash.
  void (*prepare)(Format format, const float* row, int64_t columns, std::byte* to);
  // Computes the rows of the weights in panels [begin, end).
  void (*compute)(const Product&, int64_t begin, int64_t end);
};

// Those that this processor can run, the best first; empty where none is built for it.
struct KernelList {
  const Kernel* kernels[2] = {};
  size_t count = 0;
};
KernelList RunnableKernels();

extern const Kernel kAvx512Kernel;
extern const Kernel kAvx2Kernel;

}  // namespace bedplate::products
