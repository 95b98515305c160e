// KeptPrefixes: what of the KV cache is kept on the disk. Stands between the scheduler's orders to
// load and save, the decoder's cells, and the store's blocks.
//
// Threads: the inference thread alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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

  enum class Saved : uint8_t {
    kAll,    // or all that can be
    kLater,  // the rest has to wait until something is written (PrefixStore::Flush)
    kStopped,
  };
  struct SaveHow {
    // Asked between blocks; says that there is no time for more.
    std::function<bool()> stop = [] { return false; };
    bool into_free_room = false;  // others stay, whatever this is worth
    // Behind what was written last, for which others were not removed either.
    bool behind_last = false;
  };
  // Saves the whole blocks of the order's text: those before its positions too, as far as they are
  // not kept already, since without them these are not found.
  Saved Save(const scheduler::SaveCells& order, Decoder& decoder, const SaveHow& how);
  Saved Save(const scheduler::SaveCells& order, Decoder& decoder);

  PrefixStore& store() { return store_; }

 private:
  PrefixStore& store_;
  std::vector<std::string> identities_;
  std::unordered_map<RequestId, std::vector<BlockKey>> found_;  // blocks there, for each request
  std::optional<BlockKey> last_;                                // written
  uint64_t block_bytes_ = 0;                                    // of the last one saved
};

}  // namespace bedplate::engine
