#include <utility>

#include "kms/ops/CancelKeyDeletion.h"
#include "kms/ops/DisableKey.h"
#include "kms/ops/EnableKey.h"
#include "kms/ops/ScheduleKeyDeletion.h"
#include "kms/ops/UpdateKeyDescription.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr int32_t kDeletionDays = 30;  // where the request says none

}  // namespace

net::Task<Result<void>> Kms::EnableKey(const wire::Call& call, gen::EnableKeyRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  co_return co_await pool_.Run(
      [&] { return keys_.administration.SetEnabled((*key)->place(), true); });
}

net::Task<Result<void>> Kms::DisableKey(const wire::Call& call, gen::DisableKeyRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  co_return co_await pool_.Run(
      [&] { return keys_.administration.SetEnabled((*key)->place(), false); });
}

net::Task<Result<gen::ScheduleKeyDeletionResponse>> Kms::ScheduleKeyDeletion(
    const wire::Call& call, gen::ScheduleKeyDeletionRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const int32_t days = input.PendingWindowInDays.value_or(kDeletionDays);
  const auto at_ms = co_await pool_.Run(
      [&] { return keys_.administration.ScheduleDeletion((*key)->place(), days); });
  if (!at_ms) co_return std::unexpected(at_ms.error());
  gen::ScheduleKeyDeletionResponse response;
  response.KeyId = (*key)->arn;
  response.DeletionDate = ToTimestamp(*at_ms);
  response.KeyState = wire::OpenEnum<gen::KeyState>(gen::KeyState::kPendingDeletion);
  response.PendingWindowInDays = days;
  co_return response;
}

net::Task<Result<gen::CancelKeyDeletionResponse>> Kms::CancelKeyDeletion(
    const wire::Call& call, gen::CancelKeyDeletionRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  auto cancelled =
      co_await pool_.Run([&] { return keys_.administration.CancelDeletion((*key)->place()); });
  if (!cancelled) co_return std::unexpected(std::move(cancelled.error()));
  gen::CancelKeyDeletionResponse response;
  response.KeyId = (*key)->arn;
  co_return response;
}

net::Task<Result<void>> Kms::UpdateKeyDescription(const wire::Call& call,
                                                  gen::UpdateKeyDescriptionRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  co_return co_await pool_.Run(
      [&] { return keys_.administration.SetDescription((*key)->place(), *input.Description); });
}

}  // namespace bedplate::services::kms
