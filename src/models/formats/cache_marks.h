// Cache points in native bodies: `cache_control` of a Claude block or tool, `cachePoint` of Nova's.
//
// Threads: pure functions.
// spec: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching,
// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
#pragma once

#include <optional>

#include "models/chat.h"
#include "models/formats/members.h"

namespace bedplate::models {

// The point that `holder` is, or has behind it; nothing where there is none.
std::optional<CacheTtl> TakeCacheControl(Members& holder);
std::optional<CacheTtl> TakeCachePoint(Members& holder);

// Reports more points than a request can have.
void CheckCachePoints(const ChatRequest& request, std::string_view mark, MalformedInput& malformed);

}  // namespace bedplate::models
