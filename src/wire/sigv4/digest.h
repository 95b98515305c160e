// SHA-256 and HMAC-SHA-256, all that Signature Version 4 needs of cryptography.
//
// Threads: an object serves one thread at a time; the functions may be called from any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace bedplate::wire::sigv4 {

using Digest = std::array<uint8_t, 32>;

// The hash of bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  // The hash of everything since the start or the last Finish; ready for the next.
  Digest Finish();

 private:
  evp_md_ctx_st* context_;
};

Digest HashOf(std::string_view bytes);
Digest HmacOf(std::string_view key, std::string_view message);
inline std::string_view BytesOf(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string HexOf(const Digest& digest);  // lower case
void AppendHex(std::string& out, const Digest& digest);

// How long it takes tells nothing about where the texts differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

inline constexpr std::string_view kHashOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace bedplate::wire::sigv4
