// Cache points, from wire types to the domain's.
//
// Threads: pure functions. spec: bedrock-runtime#CachePointBlock
#pragma once

#include "bedrock_runtime/shapes/CachePointBlock.h"
#include "bedrock_runtime/shapes/CacheTTL.h"
#include "models/chat.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

inline models::CacheTtl ToCacheTtl(const gen::CachePointBlock& point) {
  const bool long_lived = point.ttl && *point.ttl == gen::CacheTTL::k1h;
  return long_lived ? models::CacheTtl::kOneHour : models::CacheTtl::kFiveMinutes;
}

}  // namespace bedplate::services::bedrock_runtime
