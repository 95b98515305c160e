// KeptPrefixes: what of the KV cache is kept on the disk. Stands between the scheduler's orders to
// load and save, the decoder's cells, and the store's blocks.
//
// Threads: the inference thread alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/inference/decoder.h"
#include "engine/inference/generation.h"
#include "engine/prefixes/prefix_store.h"
#include "engine/scheduler/types.h"

namespace bedplate::engine {

class KeptPrefixes {
 public:
  // `store` outlives it. `identities`: for each adapter id (0 is the model alone) all that its
  // cells depend on beside the text.
  KeptPrefixes(PrefixStore& store, std::vector<std::string> identities);

  // How many of a prompt's first tokens can be loaded; remembered until Forget. The cache has
  // `cached` of them already.
  uint32_t Find(RequestId request, const scheduler::CacheKey& key, std::span<const TokenId> prompt,
                uint32_t cached);
  void Forget(RequestId request) { found_.erase(request); }

  // Does what was ordered, as far as it goes; returns the positions loaded, from the first on.
  uint32_t Load(const scheduler::LoadCells& order, Decoder& decoder);
  // Saves the whole blocks that end in the order's positions. False where the store has no room
  // for more before it has written what waits.
  bool Save(const scheduler::SaveCells& order, Decoder& decoder);

  PrefixStore& store() { return store_; }

 private:
  PrefixStore& store_;
  std::vector<std::string> identities_;
  std::unordered_map<RequestId, std::vector<BlockKey>> found_;  // blocks there, for each request
};

}  // namespace bedplate::engine
