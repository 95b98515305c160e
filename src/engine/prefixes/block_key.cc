#include "engine/prefixes/block_key.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace bedplate::engine {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// A length before each part, so that no two lists of parts are the same bytes.
void AppendPart(std::string& bytes, const void* data, size_t size) {
  const uint64_t length = size;
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(static_cast<const char*>(data), size);
}

BlockKey Digest(std::string_view bytes) {
  BlockKey key;
  unsigned length = 0;
  [[maybe_unused]] const int done =
      EVP_Digest(bytes.data(), bytes.size(), key.data(), &length, EVP_sha256(), nullptr);
  assert(done == 1 && length == key.size());
  return key;
}

}  // namespace

std::string ToHex(const BlockKey& key) {
  std::string text;
  text.reserve(2 * key.size());
  for (const uint8_t byte : key) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool FromHex(std::string_view text, BlockKey& key) {
  if (text.size() != 2 * key.size()) return false;
  for (size_t i = 0; i < key.size(); ++i) {
    const size_t high = kDigits.find(text[2 * i]);
    const size_t low = kDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    key[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

BlockKey RootKey(std::string_view identity, uint64_t scope) {
  std::string bytes;
  AppendPart(bytes, identity.data(), identity.size());
  AppendPart(bytes, &scope, sizeof scope);
  return Digest(bytes);
}

std::vector<BlockKey> BlockKeys(const BlockKey& root, std::span<const TokenId> tokens) {
  const auto image = std::ranges::find_if(tokens, [](TokenId token) { return token < 0; });
  const auto count = static_cast<size_t>(image - tokens.begin()) / kBlockTokens;
  std::vector<BlockKey> keys;
  keys.reserve(count);
  BlockKey before = root;
  std::string bytes;
  for (size_t i = 0; i < count; ++i) {
    const auto block = tokens.subspan(i * kBlockTokens, kBlockTokens);
    bytes.clear();
    AppendPart(bytes, before.data(), before.size());
    AppendPart(bytes, block.data(), block.size_bytes());
    keys.push_back(before = Digest(bytes));
  }
  return keys;
}

}  // namespace bedplate::engine
