// TokenId: an entry of a model's vocabulary.
#pragma once

#include <cstdint>

namespace bedplate::engine {

using TokenId = int32_t;

}  // namespace bedplate::engine
