// Bytes that nobody else may read: wiped where they lay when they are gone.
//
// Threads: a plain value; moved, never copied.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bedplate::account::keys {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : bytes_(size, '\0') {}
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  ~Secret() { Wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.Wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(bytes_.data()); }
  // Shorter only: a longer one would leave what it outgrew behind.
  void Shrink(std::size_t size) {
    OPENSSL_cleanse(bytes_.data() + size, bytes_.size() - size);
    bytes_.resize(size);
  }

 private:
  // A short text that was moved away still stands in its string, behind the end.
  void Wipe() {
    bytes_.resize(bytes_.capacity());
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

  std::string bytes_;
};

}  // namespace bedplate::account::keys
