#include "models/policy_store.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/clock.h"

namespace bedplate::models {
namespace {

constexpr const char* kRetentionOfNobody = "default";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

std::unexpected<Error> NoPolicy(std::string_view arn) {
  return Fail(Fault::kNotFound, fmt::format("There is no resource policy of '{}'.", arn));
}

}  // namespace

Result<void> PolicyStore::CheckResource(const Scope& scope, const std::string& arn) const {
  if (directory_.HasPolicyResource(arn, scope)) return {};
  return Fail(Fault::kValidation,
              fmt::format("The resourceArn '{}' is not that of a foundation model, an application "
                          "inference profile or a prompt router of this account and region.",
                          arn));
}

Result<void> PolicyStore::Put(const Scope& scope, const std::string& arn,
                              const std::string& document) {
  if (auto ok = CheckResource(scope, arn); !ok) return ok;
  auto put = table_.Put(
      {.account = scope.account, .region = scope.region, .resource_arn = arn, .policy = document});
  if (!put) return put;
  return directory_.Reload();
}

Result<std::string> PolicyStore::Get(const Scope& scope, const std::string& arn) {
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (state::PolicyRow& row : *rows) {
    if (row.account == scope.account && row.region == scope.region && row.resource_arn == arn) {
      return std::move(row.policy);
    }
  }
  return NoPolicy(arn);
}

Result<void> PolicyStore::Delete(const Scope& scope, const std::string& arn) {
  auto gone = table_.Delete(
      {.account = scope.account, .region = scope.region, .resource_arn = arn, .policy = {}});
  if (!gone && gone.error().fault == Fault::kNotFound) return NoPolicy(arn);
  if (!gone) return gone;
  return directory_.Reload();
}

Result<DataRetention> PolicyStore::Retention(const Scope& scope) {
  auto row = table_.Retention(scope.account, scope.region);
  if (row) return DataRetention{.mode = row->mode, .updated_at_ms = row->updated_at_ms};
  if (row.error().fault == Fault::kNotFound) return DataRetention{.mode = kRetentionOfNobody};
  return std::unexpected(std::move(row.error()));
}

Result<DataRetention> PolicyStore::PutRetention(const Scope& scope, const std::string& mode) {
  DataRetention retention{.mode = mode, .updated_at_ms = NowMs()};
  auto put = table_.PutRetention({.account = scope.account,
                                  .region = scope.region,
                                  .mode = mode,
                                  .updated_at_ms = retention.updated_at_ms});
  if (!put) return std::unexpected(std::move(put.error()));
  return retention;
}

}  // namespace bedplate::models
