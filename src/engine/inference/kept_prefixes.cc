#include "engine/inference/kept_prefixes.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bedplate::engine {
namespace {

constexpr auto kBlock = static_cast<int32_t>(kBlockTokens);

}  // namespace

KeptPrefixes::KeptPrefixes(PrefixStore& store, std::vector<std::string> identities)
    : store_(store), identities_(std::move(identities)) {}

uint32_t KeptPrefixes::Find(RequestId request, const scheduler::CacheKey& key,
                            std::span<const TokenId> prompt, uint32_t cached) {
  assert(key.adapter < identities_.size());
  auto keys = BlockKeys(RootKey(identities_[key.adapter], key.share_scope), prompt);
  keys.resize(store_.Find(keys, cached / kBlockTokens));
  const auto tokens = static_cast<uint32_t>(keys.size()) * kBlockTokens;
  if (tokens > 0) found_.insert_or_assign(request, std::move(keys));
  return tokens;
}

uint32_t KeptPrefixes::Load(const scheduler::LoadCells& order, Decoder& decoder) {
  const auto found = found_.find(order.request);
  if (found == found_.end()) return 0;
  const std::vector<BlockKey>& keys = found->second;
  int32_t done = order.begin;
  while (done < order.end && static_cast<size_t>(done / kBlock) < keys.size()) {
    const int32_t end = std::min(order.end, (done / kBlock + 1) * kBlock);
    const BlockKey& key = keys[static_cast<size_t>(done / kBlock)];
    const auto saved = store_.Read(key);
    if (!saved) break;
    if (!decoder.Load(*saved, order.sequence, done, end)) {
      // There is room for a whole block, but not for what comes before in a part of one.
      if (done % kBlock == 0) store_.Spoilt(key);
      break;
    }
    done = end;
  }
  return static_cast<uint32_t>(done - order.begin);
}

KeptPrefixes::Saved KeptPrefixes::Save(const scheduler::SaveCells& order, Decoder& decoder) {
  return Save(order, decoder, SaveHow());
}

KeptPrefixes::Saved KeptPrefixes::Save(const scheduler::SaveCells& order, Decoder& decoder,
                                       const SaveHow& how) {
  assert(order.key.adapter < identities_.size());
  const auto keys =
      BlockKeys(RootKey(identities_[order.key.adapter], order.key.share_scope), order.tokens);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (store_.Has(keys[i])) continue;
    if (how.stop()) return Saved::kStopped;
    if (!store_.HasQueueRoom(block_bytes_)) return Saved::kLater;
    if (how.into_free_room && !store_.HasRoom(block_bytes_)) return Saved::kAll;
    const auto begin = static_cast<int32_t>(i) * kBlock;
    Bytes saved = decoder.Save(order.sequence, begin, begin + kBlock);
    if (saved.empty()) return Saved::kAll;  // it can't be had, now or later
    block_bytes_ = saved.size();
    const BlockKey* after = i > 0 ? &keys[i - 1] : nullptr;
    if (after == nullptr && how.behind_last && last_ && store_.Has(*last_)) after = &*last_;
    if (!store_.Write(keys[i], std::move(saved), after)) return Saved::kAll;  // no room for more
    last_ = keys[i];
  }
  return Saved::kAll;
}

}  // namespace bedplate::engine
