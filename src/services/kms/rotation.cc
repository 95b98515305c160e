#include <algorithm>
#include <utility>

#include "kms/ops/DisableKeyRotation.h"
#include "kms/ops/EnableKeyRotation.h"
#include "kms/ops/GetKeyRotationStatus.h"
#include "kms/ops/ListKeyRotations.h"
#include "kms/ops/RotateKeyOnDemand.h"
#include "kms/shapes/RotationsListEntry.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr int32_t kPeriodDays = 365;  // where the request says none
constexpr PageLimit kLimit = {.standard = 100, .most = 1000};
constexpr std::string_view kCreated = "CREATED";

gen::RotationsListEntry ToEntry(const keys::Key& key, const keys::Material& material,
                                bool with_material) {
  gen::RotationsListEntry entry;
  entry.KeyId = key.arn;
  if (material.origin != kCreated) {
    entry.RotationDate = ToTimestamp(material.created_at_ms);
    entry.RotationType = wire::OpenEnum<gen::RotationType>::FromText(material.origin);
  }
  if (!with_material) return entry;
  entry.KeyMaterialId = material.id;
  entry.KeyMaterialState = wire::OpenEnum<gen::KeyMaterialState>(
      &material == &key.current() ? gen::KeyMaterialState::kCurrent
                                  : gen::KeyMaterialState::kNonCurrent);
  return entry;
}

}  // namespace

net::Task<Result<void>> Kms::EnableKeyRotation(const wire::Call& call,
                                               gen::EnableKeyRotationRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const int32_t days = input.RotationPeriodInDays.value_or(kPeriodDays);
  co_return co_await pool_.Run([&] { return keys_.rotation.SetPeriod(**key, days); });
}

net::Task<Result<void>> Kms::DisableKeyRotation(const wire::Call& call,
                                                gen::DisableKeyRotationRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  co_return co_await pool_.Run([&] { return keys_.rotation.SetPeriod(**key, 0); });
}

net::Task<Result<gen::GetKeyRotationStatusResponse>> Kms::GetKeyRotationStatus(
    const wire::Call& call, gen::GetKeyRotationStatusRequest input) {
  const auto key = co_await Find(call, *input.KeyId, keys::Names::kKeys);
  if (!key) co_return std::unexpected(key.error());
  gen::GetKeyRotationStatusResponse response;
  response.KeyId = (*key)->arn;
  // A key that is not rotated is told as such; the service has no error for it.
  const bool enabled =
      (*key)->rotation_days > 0 && (*key)->state != keys::KeyState::kPendingDeletion;
  response.KeyRotationEnabled = enabled;
  if (enabled) {
    response.RotationPeriodInDays = static_cast<int32_t>((*key)->rotation_days);
    response.NextRotationDate = ToTimestamp((*key)->next_rotation_at_ms);
  }
  co_return response;
}

net::Task<Result<gen::RotateKeyOnDemandResponse>> Kms::RotateKeyOnDemand(
    const wire::Call& call, gen::RotateKeyOnDemandRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  auto rotated = co_await pool_.Run([&] { return keys_.rotation.RotateNow(**key); });
  if (!rotated) co_return std::unexpected(std::move(rotated.error()));
  gen::RotateKeyOnDemandResponse response;
  response.KeyId = (*key)->arn;
  co_return response;
}

net::Task<Result<gen::ListKeyRotationsResponse>> Kms::ListKeyRotations(
    const wire::Call& call, gen::ListKeyRotationsRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  if (auto ok = keys::CheckRotates(**key); !ok) co_return std::unexpected(std::move(ok.error()));
  const bool with_material = input.IncludeKeyMaterial &&
                             *input.IncludeKeyMaterial == gen::IncludeKeyMaterial::kAllKeyMaterial;
  // Versions are told apart by their numbers, in their order.
  int64_t last = 0;
  for (const char c : *after) last = c >= '0' && c <= '9' ? last * 10 + (c - '0') : last;
  std::vector<std::pair<int64_t, gen::RotationsListEntry>> entries;
  for (const keys::Material& material : (*key)->materials) {
    const bool wanted = with_material || material.origin != kCreated;
    if (!wanted || material.version <= last || entries.size() > *most) continue;
    entries.emplace_back(material.version, ToEntry(**key, material, with_material));
  }
  gen::ListKeyRotationsResponse response;
  EndPage(response, entries, *most, [](const auto& entry) { return std::to_string(entry.first); });
  auto& list = response.Rotations.emplace();
  for (auto& entry : entries) list.push_back(std::move(entry.second));
  co_return response;
}

}  // namespace bedplate::services::kms
