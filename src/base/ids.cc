#include "base/ids.h"

#include <sys/random.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace bedplate {
namespace {

// Asking the kernel costs some 300 ns whatever the amount, so a thread asks for 64 ids at once.
class RandomBuffer {
 public:
  void Take(std::span<uint8_t> out) {
    while (!out.empty()) {
      if (used_ == bytes_.size()) Fill();
      const size_t count = std::min(out.size(), bytes_.size() - used_);
      std::memcpy(out.data(), bytes_.data() + used_, count);
      // What was handed out may be a key: leave no second copy of it behind.
      std::memset(bytes_.data() + used_, 0, count);
      used_ += count;
      out = out.subspan(count);
    }
  }

 private:
  void Fill() {
    size_t have = 0;
    while (have < bytes_.size()) {
      const ssize_t got = getrandom(bytes_.data() + have, bytes_.size() - have, 0);
      if (got < 0 && errno != EINTR) std::abort();  // no randomness: nothing safe is left to do
      if (got > 0) have += static_cast<size_t>(got);
    }
    used_ = 0;
  }

  std::array<uint8_t, 1024> bytes_;
  size_t used_ = sizeof(bytes_);
};

}  // namespace

void FillRandom(std::span<uint8_t> out) {
  thread_local RandomBuffer buffer;
  buffer.Take(out);
}

std::string NewUuid() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<uint8_t, 16> bytes;
  FillRandom(bytes);
  // spec: RFC 9562, 5.4: version 4 in the seventh byte, variant 10 in the ninth.
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 0x0f]);
  }
  return text;
}

std::string NewRandomText(size_t length, std::string_view alphabet) {
  assert(alphabet.size() >= 2 && alphabet.size() <= 256);
  // Bytes at and above the largest multiple of the alphabet's size would favour its first letters.
  const size_t fair = 256 - 256 % alphabet.size();
  std::string text;
  text.reserve(length);
  while (text.size() < length) {
    uint8_t byte = 0;
    FillRandom({&byte, 1});
    if (byte < fair) text.push_back(alphabet[byte % alphabet.size()]);
  }
  return text;
}

}  // namespace bedplate
