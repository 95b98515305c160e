// Percent-encoding as Signature Version 4 defines it: everything but A-Z a-z 0-9 - . _ ~ becomes
// %XX with capital digits, byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bedplate::wire::sigv4 {

enum class Slash : uint8_t { kEncode, kKeep };

void AppendEncoded(std::string& out, std::string_view text, Slash slash);

// Undoes percent-encoding once. A % that is not followed by two hexadecimal digits stands for
// itself. With `plus_is_space`, as in queries, a + stands for a space.
void AppendDecoded(std::string& out, std::string_view text, bool plus_is_space);

}  // namespace bedplate::wire::sigv4
