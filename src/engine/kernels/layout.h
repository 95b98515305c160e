// Arrays laid one after another in a block of memory.
#pragma once

#include <cstdint>

namespace bedplate::kernels {

inline constexpr int64_t kAlignment = 64;

inline int64_t Align(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
inline char* Align(void* memory) {
  return reinterpret_cast<char*>(Align(reinterpret_cast<intptr_t>(memory)));
}
inline int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Hands out aligned arrays; without memory it only counts.
class Layout {
 public:
  explicit Layout(char* memory) : memory_(memory) {}
  template <class T>
  T* Take(int64_t count) {
    T* const array = memory_ ? reinterpret_cast<T*>(memory_ + bytes_) : nullptr;
    bytes_ += Align(count * static_cast<int64_t>(sizeof(T)));
    return array;
  }
  int64_t bytes() const { return bytes_; }

 private:
  char* memory_;
  int64_t bytes_ = 0;
};

}  // namespace bedplate::kernels
