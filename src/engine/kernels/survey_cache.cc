#include "engine/kernels/survey_cache.h"

#include <algorithm>

namespace bedplate::kernels {

SurveyCache::Slot& SurveyCache::Find(const SurveyKey& key, bool& found) {
  ++uses_;
  for (Slot& slot : slots_) {
    if (key.computation == 0 || slot.key != key) continue;
    slot.used = uses_;
    found = true;
    return slot;
  }
  found = false;
  Slot& slot = SlotFor(key.computation);
  slot.key = key;
  slot.used = uses_;
  return slot;
}

// What another computation left is of no use; the latest of these is likeliest to lie in the
// processor's cache, and when it is taken each time the others never grow.
SurveyCache::Slot& SurveyCache::SlotFor(uint64_t computation) {
  Slot* latest = nullptr;
  for (Slot& slot : slots_) {
    const bool of_this = computation != 0 && slot.key.computation == computation;
    if (!of_this && (latest == nullptr || slot.used > latest->used)) latest = &slot;
  }
  return latest != nullptr ? *latest : *std::ranges::min_element(slots_, {}, &Slot::used);
}

}  // namespace bedplate::kernels
