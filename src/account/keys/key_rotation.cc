#include "account/keys/key_rotation.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "account/keys/key_error.h"
#include "base/limits.h"
#include "base/log.h"

namespace bedplate::account::keys {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3'600'000;
constexpr std::string_view kAutomatic = "AUTOMATIC";
constexpr std::string_view kOnDemand = "ON_DEMAND";

std::string ArnOf(const state::KeyPlace& place) {
  return KeyArn(place.account, place.region, place.key_id);
}

}  // namespace

Result<void> CheckRotates(const Key& key) {
  if (key.spec->family == Family::kSymmetric) return {};
  return Unsupported(fmt::format("{} is of spec {}; keys of spec SYMMETRIC_DEFAULT are rotated.",
                                 key.arn, key.spec->name));
}

Result<void> KeyRotation::SetPeriod(const Key& key, int64_t days) {
  if (auto ok = CheckRotates(key); !ok) return ok;
  return administration_.Update(
      key.place(), [&](state::KeyRow& row, KeyState state) -> Result<void> {
        if (auto ok = CheckEnabled(state, key.arn); !ok) return ok;
        row.rotation_days = days;
        row.next_rotation_at_ms = days == 0 ? 0 : store_.NowMs() + days * kDayMs;
        return {};
      });
}

Result<void> KeyRotation::RotateNow(const Key& key) {
  if (auto ok = CheckRotates(key); !ok) return ok;
  if (key.aws_managed) {
    return NotAuthorized(
        fmt::format("{} is an AWS managed key, which is rotated by itself.", key.arn));
  }
  return Rotate(key.place(), std::string(kOnDemand));
}

Result<void> KeyRotation::Rotate(const state::KeyPlace& place, const std::string& origin) {
  const std::string arn = ArnOf(place);
  const bool on_demand = origin == kOnDemand;
  // Two at once: the second finds its version taken, and waits for the first by that.
  const auto current = store_.Find(place);
  if (!current) return std::unexpected(current.error());
  if (on_demand) {
    const auto count = store_.table().CountVersions(place, origin);
    if (!count) return std::unexpected(count.error());
    if (*count >= limits::kRotationsOnDemandMax) {
      return LimitExceeded(
          fmt::format("{} was rotated on demand {} times, the most there can be.", arn, *count));
    }
  }
  auto next =
      store_.NewVersion(place, *(*current)->spec, (*current)->current().version + 1, origin);
  auto rotated = store_.table().Update(
      place, [&](state::KeyRow& row, std::optional<state::KeyVersionRow>& version) -> Result<void> {
        const KeyState state = FindState(row.state);
        if (auto ok = CheckEnabled(state, arn); !ok) return ok;
        if (row.version + 1 != next.version) {
          return KeyError(Fault::kConflict, "ConflictException",
                          fmt::format("{} is being rotated.", arn));
        }
        row.version = next.version;
        if (!on_demand) row.next_rotation_at_ms = store_.NowMs() + row.rotation_days * kDayMs;
        version = next;
        return {};
      });
  store_.Forget(place);
  if (!rotated && rotated.error().type.empty()) return FromState(std::move(rotated.error()));
  return rotated;
}

Result<void> KeyRotation::RotateDue() {
  const auto due = store_.table().DueRotations(store_.NowMs());
  if (!due) return std::unexpected(due.error());
  for (const state::KeyPlace& place : *due) {
    // One that cannot be rotated now keeps the others from nothing.
    if (auto rotated = Rotate(place, std::string(kAutomatic)); !rotated) {
      log::Warning("keys", "a key could not be rotated; it is tried again",
                   {{"key", ArnOf(place)}, {"reason", rotated.error().message}});
      continue;
    }
    log::Info("keys", "a key was rotated", {{"key", ArnOf(place)}});
  }
  return {};
}

}  // namespace bedplate::account::keys
