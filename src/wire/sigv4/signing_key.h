// The key that signs one day's requests to one service in one region, and a cache of them: making
// one takes four HMACs, and a client sends thousands of requests under the same.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include "wire/sigv4/digest.h"

namespace bedplate::wire::sigv4 {

Digest MakeSigningKey(std::string_view secret, std::string_view date, std::string_view region,
                      std::string_view service);

// Keeps the keys used last. Only ask it about credentials that exist, so that an outsider cannot
// push the others out.
// Threads: one cache for one thread.
class SigningKeyCache {
 public:
  static constexpr size_t kKeysMax = 64;

  const Digest& Get(std::string_view secret, std::string_view date, std::string_view region,
                    std::string_view service);
  size_t size() const { return keys_.size(); }

 private:
  struct Entry {
    std::string secret;
    std::string date;
    std::string region;
    std::string service;
    Digest key;
  };
  std::list<Entry> keys_;  // last used first
};

}  // namespace bedplate::wire::sigv4
