// Frames: how the bytes of a blob are sealed, 64 KiB at a time, so that any part of it can be read
// alone and no byte of it, nor its length or order, can be changed unseen.
//
// A frame is its ciphertext and a tag of 16 bytes. The nonce is its number, since a key seals one
// blob alone; blob, number and whether it is the last are authenticated with it. Every blob has a
// last frame, which is empty only when the blob is.
//
// Errors: a failure of OpenSSL itself, which takes memory that is not there, aborts. Threads: an
// object serves one thread at a time.
// spec: NIST SP 800-38D (AES-256-GCM)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct evp_cipher_ctx_st;

namespace bedplate::account::objects {

inline constexpr size_t kFrameBytes = 64 << 10;  // of plain bytes, all but the last frame
inline constexpr size_t kFrameTagBytes = 16;
inline constexpr size_t kSealedFrameBytes = kFrameBytes + kFrameTagBytes;

class FrameCipher {
 public:
  // `key` is of 32 bytes; `blob` names what the frames belong to.
  FrameCipher(std::string_view key, std::string_view blob, bool seals);
  ~FrameCipher();
  FrameCipher(const FrameCipher&) = delete;
  FrameCipher& operator=(const FrameCipher&) = delete;

  // Appends the sealed frame.
  void Seal(std::string& out, uint64_t number, bool last, std::string_view plain);
  // Appends the plain bytes; false, with `out` as it was, when this is not that frame as it was
  // sealed.
  bool Open(std::string& out, uint64_t number, bool last, std::string_view sealed);

 private:
  void Begin(uint64_t number, bool last);

  evp_cipher_ctx_st* context_;
  std::string blob_;
  bool seals_;
};

}  // namespace bedplate::account::objects
