// Shortening what has too many tokens.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/text/token.h"

namespace bedplate::engine {

// Which end goes.
enum class Truncation : uint8_t { kNone, kStart, kEnd };

// Takes tokens away until `most` are left, but none of the `first` and `last` ones that the model
// wants around a text. `most` is more than these.
void CutTokens(std::vector<TokenId>& tokens, size_t most, size_t first, size_t last,
               Truncation truncation);

// A beginning of `text` that ends on a whole character and fits, nearly as long as can be; empty
// when none does. `fits` must hold for shorter ones where it does for longer ones, but for a token
// or two.
std::string_view CutText(std::string_view text, const std::function<bool(std::string_view)>& fits);

}  // namespace bedplate::engine
