#include "account/keys/key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "account/keys/key_error.h"

namespace bedplate::account::keys {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"Enabled", "Disabled", "PendingDeletion"};

}  // namespace

std::string_view StateName(KeyState state) { return kStates[static_cast<std::size_t>(state)]; }

KeyState FindState(std::string_view name) {
  const auto* const found = std::ranges::find(kStates, name);
  return found == kStates.end() ? KeyState::kDisabled
                                : static_cast<KeyState>(found - kStates.begin());
}

const Material* Key::Find(int64_t version) const {
  const auto found = std::ranges::find(materials, version, &Material::version);
  return found == materials.end() ? nullptr : &*found;
}

std::string KeyArn(std::string_view account, std::string_view region, std::string_view id) {
  return fmt::format("arn:aws:kms:{}:{}:key/{}", region, account, id);
}

std::string AliasArn(std::string_view account, std::string_view region, std::string_view name) {
  return fmt::format("arn:aws:kms:{}:{}:{}", region, account, name);
}

Result<void> CheckNotPendingDeletion(KeyState state, std::string_view arn) {
  if (state != KeyState::kPendingDeletion) return {};
  return InvalidState(fmt::format("{} is pending deletion.", arn));
}

Result<void> CheckEnabled(KeyState state, std::string_view arn) {
  if (state == KeyState::kDisabled) {
    return KeyError(Fault::kConflict, "DisabledException", fmt::format("{} is disabled.", arn));
  }
  return CheckNotPendingDeletion(state, arn);
}

Result<void> CheckUsable(const Key& key, Usage usage, std::string_view algorithm,
                         std::string_view operation) {
  if (auto enabled = CheckEnabled(key.state, key.arn); !enabled) return enabled;
  if (key.usage != usage) {
    return InvalidUsage(fmt::format("{} key usage is {} which is not valid for {}.", key.arn,
                                    UsageName(key.usage), operation));
  }
  const auto algorithms = AlgorithmsFor(*key.spec, usage);
  if (algorithm.empty() || std::ranges::find(algorithms, algorithm) != algorithms.end()) return {};
  return InvalidUsage(fmt::format("Algorithm {} and key spec {} are incompatible; {} takes {}.",
                                  algorithm, key.spec->name, key.arn, fmt::join(algorithms, ", ")));
}

}  // namespace bedplate::account::keys
