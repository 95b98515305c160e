#include "account/objects/frames.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <utility>

namespace bedplate::account::objects {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;

void Must(bool done) {
  if (!done) std::abort();
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int Size(std::string_view text) { return static_cast<int>(text.size()); }

void AppendNumber(std::string& out, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

// Without zeroes, as all is written over. The size that libstdc++ 12 hands on may be a greater one.
void Lengthen(std::string& out, size_t size) {
  out.resize_and_overwrite(size, [size](char*, size_t) { return size; });
}

const EVP_CIPHER* Aes256Gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

}  // namespace

FrameCipher::FrameCipher(std::string_view key, std::string_view blob, bool seals)
    : context_(EVP_CIPHER_CTX_new()), blob_(blob), seals_(seals) {
  Must(context_ != nullptr && key.size() == kKeyBytes);
  Must(EVP_CipherInit_ex(context_, Aes256Gcm(), nullptr, Bytes(key), nullptr, seals_ ? 1 : 0) == 1);
}

FrameCipher::~FrameCipher() { EVP_CIPHER_CTX_free(context_); }

void FrameCipher::Begin(uint64_t number, bool last) {
  std::string nonce(kNonceBytes - sizeof(number), '\0');
  AppendNumber(nonce, number);
  std::string place = blob_;
  AppendNumber(place, number);
  place += last ? '\1' : '\0';
  int length = 0;
  Must(EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, Bytes(nonce), -1) == 1);
  Must(EVP_CipherUpdate(context_, nullptr, &length, Bytes(place), Size(place)) == 1);
}

void FrameCipher::Seal(std::string& out, uint64_t number, bool last, std::string_view plain) {
  Must(seals_ && plain.size() <= kFrameBytes);
  Begin(number, last);
  const size_t begin = out.size();
  Lengthen(out, begin + plain.size() + kFrameTagBytes);
  auto* const at = reinterpret_cast<unsigned char*>(out.data()) + begin;
  int length = 0;
  Must(EVP_CipherUpdate(context_, at, &length, Bytes(plain), Size(plain)) == 1);
  Must(EVP_CipherFinal_ex(context_, at + length, &length) == 1);
  Must(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kFrameTagBytes, at + plain.size()) ==
       1);
}

bool FrameCipher::Open(std::string& out, uint64_t number, bool last, std::string_view sealed) {
  if (sealed.size() < kFrameTagBytes || sealed.size() > kSealedFrameBytes) return false;
  Must(!seals_);
  Begin(number, last);
  const std::string_view text = sealed.substr(0, sealed.size() - kFrameTagBytes);
  std::string tag(sealed.substr(text.size()));
  const size_t begin = out.size();
  Lengthen(out, begin + text.size());
  auto* const at = reinterpret_cast<unsigned char*>(out.data()) + begin;
  int length = 0;
  Must(EVP_CipherUpdate(context_, at, &length, Bytes(text), Size(text)) == 1);
  Must(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kFrameTagBytes, tag.data()) == 1);
  if (EVP_CipherFinal_ex(context_, at + length, &length) == 1) return true;
  out.resize(begin);
  return false;
}

}  // namespace bedplate::account::objects
