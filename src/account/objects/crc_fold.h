// Cyclic redundancy checks by carry-less multiplication: 64 bytes at a step become 16 that leave
// the same remainder, whatever the (reflected) polynomial.
//
// Threads: pure functions.
// spec: Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ, Intel 2009
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bedplate::account::objects {

// Powers of x modulo the polynomial, reflected into 64 bits: x^575 and x^511, x^191 and x^127.
struct FoldKeys {
  std::array<uint64_t, 2> by_512{};
  std::array<uint64_t, 2> by_128{};
};

// Whether this processor can.
bool CanFold();

// `blocks` of 64 bytes, at least one; `start` is the register before them, in the low bits. Gives
// the bytes whose check, from a register of zeros on, is theirs. Only where CanFold().
std::array<char, 16> Fold(const FoldKeys& keys, uint64_t start, const char* bytes, size_t blocks);

}  // namespace bedplate::account::objects
