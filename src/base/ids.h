// Random bytes and the identifiers made from them. The kernel's generator (getrandom) is the
// only source; there is no seed, so nothing here can be guessed or replayed.
//
// Threads: any. Each thread draws from a small buffer of its own, so no call waits for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bedplate {

// Fills `out` with bytes fit for keys and secrets.
void FillRandom(std::span<uint8_t> out);

// A version 4 UUID in lower case with dashes, e.g. for x-amzn-RequestId.
std::string NewUuid();

// `length` characters, each drawn evenly from `alphabet` (2 to 256 distinct characters).
std::string NewRandomText(size_t length, std::string_view alphabet);

}  // namespace bedplate
