// The chain of signatures over the events of a stream that a client sends: each covers its date,
// its payload and the signature before, the first covers the request's own, so no event can be
// changed, dropped, repeated or moved.
//
// Threads: one chain for one stream.
// spec: docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html#streaming-http2-signature
#pragma once

#include <string>
#include <string_view>

#include "wire/sigv4/digest.h"
#include "wire/sigv4/timestamp.h"

namespace bedplate::wire::sigv4 {

class EventSignatures {
 public:
  // `seed` is the signature of the request's head; `scope` as in Claim.
  EventSignatures(const Digest& key, std::string_view scope, std::string_view seed);

  // The signature that the next event must carry. Moves the chain on. `headers` are the event's
  // headers but for the signature, as they are encoded.
  Digest Next(Seconds date, std::string_view headers, std::string_view payload);

 private:
  Digest key_;
  std::string scope_;
  std::string previous_;  // hex
};

}  // namespace bedplate::wire::sigv4
