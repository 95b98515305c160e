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
  Slot& slot = *std::ranges::min_element(slots_, {}, &Slot::used);
  slot.key = key;
  slot.used = uses_;
  return slot;
}

}  // namespace bedplate::kernels
