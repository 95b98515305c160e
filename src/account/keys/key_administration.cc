#include "account/keys/key_administration.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "account/keys/key_error.h"
#include "account/keys/key_policy.h"
#include "base/ids.h"
#include "base/log.h"

namespace bedplate::account::keys {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3'600'000;
constexpr int kDaysMin = 7;
constexpr int kDaysMax = 30;

std::string ArnOf(const state::KeyPlace& place) {
  return KeyArn(place.account, place.region, place.key_id);
}

state::TaggedResource Taggable(const state::KeyPlace& place) {
  return {.account = place.account, .region = place.region, .arn = ArnOf(place)};
}

// In KMS's words, where a key went away since it was found.
std::unexpected<Error> FailedWrite(const state::KeyPlace& place, Error error) {
  if (error.fault == Fault::kNotFound && error.type.empty()) {
    return NotFound(fmt::format("Key '{}' does not exist", ArnOf(place)));
  }
  return error.type.empty() ? FromState(std::move(error)) : std::unexpected(std::move(error));
}

Result<Usage> UsageOf(const KeySpec& spec, const std::string& name) {
  Usage usage = Usage::kEncryptDecrypt;
  if (name.empty() && spec.family != Family::kSymmetric) {
    return Invalid(
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  }
  if (!name.empty() && !FindUsage(name, usage)) {
    return Unsupported(fmt::format("KeyUsage {} is not supported by this server.", name));
  }
  if (!AlgorithmsFor(spec, usage).empty()) return usage;
  return Invalid(
      fmt::format("KeyUsage {} is not compatible with KeySpec {}", UsageName(usage), spec.name));
}

}  // namespace

Result<void> CheckOwn(const state::KeyRow& row) {
  if (row.manager != "AWS") return {};
  return NotAuthorized(
      fmt::format("{} is an AWS managed key, which its account cannot change.", ArnOf(row.place)));
}

Result<KeyPtr> KeyAdministration::Create(const Scope& scope, const NewKey& wanted,
                                         const policy::Identity& caller) {
  const KeySpec* const spec = FindSpec(wanted.spec);
  if (spec == nullptr) {
    return Unsupported(fmt::format("KeySpec {} is not supported by this server.", wanted.spec));
  }
  const auto usage = UsageOf(*spec, wanted.usage);
  if (!usage) return std::unexpected(usage.error());
  const state::KeyPlace place{
      .account = scope.account, .region = scope.region, .key_id = NewUuid()};
  const std::string arn = ArnOf(place);
  const std::string policy = wanted.policy.empty() ? DefaultPolicy(scope.account) : wanted.policy;
  if (auto ok = CheckPolicy(policy, caller, arn, scope.account,
                            wanted.policy.empty() || wanted.bypass_policy_check);
      !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  const state::KeyRow row{.place = place,
                          .spec = wanted.spec,
                          .usage = std::string(UsageName(*usage)),
                          .manager = "CUSTOMER",
                          .description = wanted.description,
                          .state = std::string(StateName(KeyState::kEnabled)),
                          .policy = policy,
                          .created_at_ms = store_.NowMs()};
  const auto version = store_.NewVersion(place, *spec, 1, "CREATED");
  auto made = store_.table().Insert(
      {.row = row, .version = version, .arn = arn, .tags = wanted.tags, .alias = {}});
  if (!made) return FromState(std::move(made.error()));
  return store_.Find(place);
}

Result<void> KeyAdministration::Update(const state::KeyPlace& place, const Change& change) {
  auto updated = store_.table().Update(
      place, [&](state::KeyRow& row, std::optional<state::KeyVersionRow>&) -> Result<void> {
        // Its time has come; it is only not swept away yet.
        if (row.deletion_at_ms != 0 && row.deletion_at_ms <= store_.NowMs()) {
          return Fail(Fault::kNotFound, {});
        }
        if (auto own = CheckOwn(row); !own) return own;
        return change(row, FindState(row.state));
      });
  store_.Forget(place);
  if (!updated) return FailedWrite(place, std::move(updated.error()));
  return {};
}

Result<void> KeyAdministration::SetEnabled(const state::KeyPlace& place, bool enabled) {
  return Update(place, [&](state::KeyRow& row, KeyState state) -> Result<void> {
    if (auto ok = CheckNotPendingDeletion(state, ArnOf(place)); !ok) return ok;
    row.state = StateName(enabled ? KeyState::kEnabled : KeyState::kDisabled);
    return {};
  });
}

Result<int64_t> KeyAdministration::ScheduleDeletion(const state::KeyPlace& place, int days) {
  if (days < kDaysMin || days > kDaysMax) {
    return Invalid(fmt::format("PendingWindowInDays is {}; it must be between {} and {}.", days,
                               kDaysMin, kDaysMax));
  }
  const int64_t deletion_at_ms = store_.NowMs() + days * kDayMs;
  auto scheduled = Update(place, [&](state::KeyRow& row, KeyState state) -> Result<void> {
    if (auto ok = CheckNotPendingDeletion(state, ArnOf(place)); !ok) return ok;
    row.state = StateName(KeyState::kPendingDeletion);
    row.deletion_at_ms = deletion_at_ms;
    return {};
  });
  if (!scheduled) return std::unexpected(std::move(scheduled.error()));
  return deletion_at_ms;
}

Result<void> KeyAdministration::CancelDeletion(const state::KeyPlace& place) {
  return Update(place, [&](state::KeyRow& row, KeyState state) -> Result<void> {
    if (state != KeyState::kPendingDeletion) {
      return InvalidState(fmt::format("{} is not pending deletion.", ArnOf(place)));
    }
    row.state = StateName(KeyState::kDisabled);
    row.deletion_at_ms = 0;
    return {};
  });
}

Result<void> KeyAdministration::SetDescription(const state::KeyPlace& place,
                                               const std::string& description) {
  return Update(place, [&](state::KeyRow& row, KeyState state) -> Result<void> {
    if (auto ok = CheckNotPendingDeletion(state, ArnOf(place)); !ok) return ok;
    row.description = description;
    return {};
  });
}

Result<void> KeyAdministration::PutPolicy(const state::KeyPlace& place, const std::string& policy,
                                          const policy::Identity& caller, bool bypass_check) {
  if (auto ok = CheckPolicy(policy, caller, ArnOf(place), place.account, bypass_check); !ok) {
    return ok;
  }
  return Update(place, [&](state::KeyRow& row, KeyState) -> Result<void> {
    row.policy = policy;
    return {};
  });
}

Result<void> KeyAdministration::AddTags(const state::KeyPlace& place, const state::Tags& tags) {
  auto put = tags_.Put(Taggable(place), tags);
  store_.Forget(place);
  if (!put) return FailedWrite(place, std::move(put.error()));
  return {};
}

Result<void> KeyAdministration::RemoveTags(const state::KeyPlace& place,
                                           const std::vector<std::string>& names) {
  auto gone = tags_.Delete(Taggable(place), names);
  store_.Forget(place);
  if (!gone) return FailedWrite(place, std::move(gone.error()));
  return {};
}

Result<std::vector<std::string>> KeyAdministration::List(const Scope& scope,
                                                         const std::string& after, size_t most) {
  return store_.table().List(scope.account, scope.region, after, most);
}

Result<void> KeyAdministration::DeleteDue() {
  const int64_t now_ms = store_.NowMs();
  const auto due = store_.table().DueDeletions(now_ms);
  if (!due) return std::unexpected(due.error());
  for (const state::KeyPlace& place : *due) {
    auto deleted = store_.table().Delete(place, ArnOf(place), now_ms);
    store_.Forget(place);
    if (!deleted) return deleted;
    log::Info("keys", "a key was deleted", {{"key", ArnOf(place)}});
  }
  return {};
}

}  // namespace bedplate::account::keys
