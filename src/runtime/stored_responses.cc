#include "runtime/stored_responses.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace bedplate::runtime {
namespace {

// spec: bedrock#DataRetentionMode
constexpr std::string_view kNoRetention = "none";

}  // namespace

int64_t StoredResponses::NowMs() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.Now()).time_since_epoch().count();
}

net::Task<Result<void>> StoredResponses::Keep(models::Scope scope, StoredResponse response) {
  const int64_t now_ms = NowMs();
  const state::ResponseRow row{.account = std::move(scope.account),
                               .region = std::move(scope.region),
                               .response_id = std::move(response.id),
                               .created_at_ms = now_ms,
                               .response = std::move(response.response),
                               .items = std::move(response.items)};
  co_return co_await pool_.Run([&]() -> Result<void> {
    const auto retention = policies_.Retention(row.account, row.region);
    if (retention && retention->mode == kNoRetention) return {};
    if (!retention && retention.error().fault != Fault::kNotFound) {
      return std::unexpected(retention.error());
    }
    return table_.Insert(row, {.kept_since_ms = now_ms - limits::kStoredResponseMsMax,
                               .bytes_max = limits::kStoredResponseBytesMax});
  });
}

net::Task<Result<StoredResponse>> StoredResponses::Find(models::Scope scope, std::string id) {
  const int64_t since_ms = NowMs() - limits::kStoredResponseMsMax;
  auto row =
      co_await pool_.Run([&] { return table_.Find(scope.account, scope.region, id, since_ms); });
  if (!row) co_return std::unexpected(std::move(row.error()));
  co_return StoredResponse{.id = std::move(row->response_id),
                           .response = std::move(row->response),
                           .items = std::move(row->items)};
}

net::Task<Result<void>> StoredResponses::Delete(models::Scope scope, std::string id) {
  co_return co_await pool_.Run([&] { return table_.Delete(scope.account, scope.region, id); });
}

}  // namespace bedplate::runtime
