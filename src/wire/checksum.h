// CRC-32 (IEEE 802.3, as in gzip), which event-stream frames carry twice each.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace bedplate::wire {

uint32_t Crc32(std::string_view bytes);

}  // namespace bedplate::wire
