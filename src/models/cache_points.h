// Cache points of a chat request: how many, which servers take them, and the texts between them.
//
// An engine of ours and a server of Anthropic's protocol keep what comes before a point, and say
// what they read and wrote. A server of OpenAI's protocol has no such word: it keeps prompts by
// itself and says how many tokens it found again, so points are left out for it and that count is
// what was read.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "models/chat.h"
#include "models/model.h"

namespace bedplate::models {

// Of a request. spec: bedrock-runtime#CachePointBlock, platform.claude.com prompt caching
inline constexpr size_t kCachePointsMax = 4;

size_t CountCachePoints(const ChatRequest& request);
void DropCachePoints(ChatRequest& request);

// Whether what answers for the model knows cache points.
bool TakesCachePoints(const Model& model);
// Where it does not, and the caller asked for some: what it found by itself was read.
void CountOwnCache(ChatUsage& usage);

// The parts of a turn that has texts alone become its text, each on lines of its own, and its cache
// points stand behind so many bytes of that. A turn with others stays as it is.
void JoinTexts(ChatTurn& turn);

// A piece of a turn's text, and the cache point behind it. The line end behind a point is left out,
// as pieces stand on lines of their own.
struct MarkedText {
  std::string_view text{};
  std::optional<CacheTtl> point{};
};
// `text` is that of `turn` behind `before` further bytes.
std::vector<MarkedText> CutAtCachePoints(std::string_view text, const ChatTurn& turn,
                                         size_t before = 0);

}  // namespace bedplate::models
