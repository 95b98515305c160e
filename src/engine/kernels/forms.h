// What an Attention may ask of a kernel beside the plain operation over F16. Each form is tried at
// start, and one that a kernel gets wrong is left to ggml.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/kernels/attention.h"

namespace bedplate::kernels {

enum class Form : uint8_t { kBf16, kQ8, kAlibi, kSoftCap, kSinks };
inline constexpr int kFormCount = 5;

class Forms {
 public:
  static constexpr Forms All() {
    Forms all;
    for (int i = 0; i < kFormCount; ++i) all.Add(static_cast<Form>(i));
    return all;
  }
  constexpr void Add(Form form) { bits_ |= 1U << static_cast<int>(form); }
  constexpr bool Has(Form form) const { return (bits_ >> static_cast<int>(form) & 1) != 0; }
  constexpr bool HasAllOf(Forms others) const { return (others.bits_ & ~bits_) == 0; }

  bool operator==(const Forms&) const = default;

 private:
  uint32_t bits_ = 0;
};

Forms FormsOf(const Attention& attention);

// For people: "BF16", "ALiBi".
std::string_view NameOf(Form form);

}  // namespace bedplate::kernels
