#include "wire/sigv4/chunk_signature.h"

namespace bedplate::wire::sigv4 {

ChunkSignatures::ChunkSignatures(const Digest& key, std::string_view timestamp,
                                 std::string_view scope, std::string_view seed)
    : key_(key), timestamp_(timestamp), scope_(scope), previous_(seed) {}

std::string ChunkSignatures::NextChunk(const Digest& chunk_hash) {
  // The hash of nothing stands for the headers that a chunk does not have.
  return Sign("AWS4-HMAC-SHA256-PAYLOAD", kHashOfNothing, chunk_hash);
}

std::string ChunkSignatures::Trailer(std::string_view canonical_trailer) {
  return Sign("AWS4-HMAC-SHA256-TRAILER", {}, HashOf(canonical_trailer));
}

std::string ChunkSignatures::Sign(std::string_view algorithm, std::string_view before_last,
                                  const Digest& content_hash) {
  std::string to_sign(algorithm);
  to_sign.append("\n").append(timestamp_).append("\n").append(scope_).append("\n");
  to_sign.append(previous_).append("\n");
  if (!before_last.empty()) to_sign.append(before_last).append("\n");
  AppendHex(to_sign, content_hash);
  previous_ = HexOf(HmacOf(BytesOf(key_), to_sign));
  return previous_;
}

}  // namespace bedplate::wire::sigv4
