// Names of blocks: what a model made of a stretch of a text, together with all that stands before.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/token.h"

namespace bedplate::engine {

// Tokens of a block. A shorter one would find more of a text again, and make more files.
inline constexpr uint32_t kBlockTokens = 64;

// SHA-256 over everything that the block's cells depend on, so that equal names mean equal cells.
using BlockKey = std::array<uint8_t, 32>;

std::string ToHex(const BlockKey& key);
bool FromHex(std::string_view text, BlockKey& key);

// What the first block of a text follows. `identity`: all that the cells depend on beside the text
// (the model's files, the adapter, the form of the cache). Texts of other scopes share nothing.
BlockKey RootKey(std::string_view identity, uint64_t scope);

// The keys of the whole blocks of a text, each made of the one before and its tokens. Ends where
// an image begins: its tokens are numbers of this process alone.
std::vector<BlockKey> BlockKeys(const BlockKey& root, std::span<const TokenId> tokens);

}  // namespace bedplate::engine
