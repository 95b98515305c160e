#include "models/formats/cache_marks.h"

#include <fmt/format.h>

#include <string>

#include "models/cache_points.h"

namespace bedplate::models {
namespace {

std::optional<CacheTtl> Take(Members& holder, std::string_view key, std::string_view type) {
  const json::Value* value = holder.Any(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  Members mark(*value, holder.PointerOf(key), holder.malformed());
  if (!value->is_object()) return std::nullopt;  // it was reported
  const std::string* named = mark.NeedText("type");
  if (named != nullptr && *named != type) mark.NotInEnum("type", *named);
  const std::string* ttl = mark.Text("ttl");
  if (ttl != nullptr && *ttl != "5m" && *ttl != "1h") mark.NotInEnum("ttl", *ttl);
  mark.Finish();
  return ttl != nullptr && *ttl == "1h" ? CacheTtl::kOneHour : CacheTtl::kFiveMinutes;
}

}  // namespace

std::optional<CacheTtl> TakeCacheControl(Members& holder) {
  return Take(holder, "cache_control", "ephemeral");
}

std::optional<CacheTtl> TakeCachePoint(Members& holder) {
  return Take(holder, "cachePoint", "default");
}

void CheckCachePoints(const ChatRequest& request, std::string_view mark,
                      MalformedInput& malformed) {
  const size_t count = CountCachePoints(request);
  if (count <= kCachePointsMax) return;
  malformed.Add("", fmt::format("a maximum of {} blocks with {} may be provided, found: {}",
                                kCachePointsMax, mark, count));
}

}  // namespace bedplate::models
