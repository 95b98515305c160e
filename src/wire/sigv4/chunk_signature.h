// The chain of signatures over the chunks of an aws-chunked body: each covers the one before, the
// first covers the request's own, so no chunk can be changed, dropped, repeated or moved.
//
// Threads: one chain for one body.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
#pragma once

#include <string>
#include <string_view>

#include "wire/sigv4/digest.h"

namespace bedplate::wire::sigv4 {

class ChunkSignatures {
 public:
  // `seed` is the signature of the request's head; `scope` as in Claim.
  ChunkSignatures(const Digest& key, std::string_view timestamp, std::string_view scope,
                  std::string_view seed);

  // The signature that the next chunk must carry. Moves the chain on.
  std::string NextChunk(const Digest& chunk_hash);
  // The signature of the trailer, whose canonical form is its lines "name:value\n".
  std::string Trailer(std::string_view canonical_trailer);

 private:
  std::string Sign(std::string_view algorithm, std::string_view before_last,
                   const Digest& content_hash);

  Digest key_;
  std::string timestamp_;
  std::string scope_;
  std::string previous_;
};

}  // namespace bedplate::wire::sigv4
