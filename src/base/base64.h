// Base64 (RFC 4648, standard alphabet, with padding).
#pragma once

#include <string>
#include <string_view>

namespace bedplate {

void AppendBase64(std::string& out, std::string_view bytes);

// Appends the bytes that `text` stands for. False, with `out` as it was, when `text` is not base64:
// a character that is none of its alphabet (white space too), wrong padding, or bits left over.
bool AppendFromBase64(std::string& out, std::string_view text);

}  // namespace bedplate
