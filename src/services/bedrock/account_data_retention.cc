#include <string>
#include <utility>

#include "bedrock/ops/GetAccountDataRetention.h"
#include "bedrock/ops/PutAccountDataRetention.h"
#include "services/bedrock/service.h"
#include "services/bedrock/timestamp.h"

namespace bedplate::services::bedrock {
namespace {

// Both responses have the same members.
template <class Response>
Response Convert(const models::DataRetention& retention) {
  Response response;
  response.mode = wire::OpenEnum<gen::DataRetentionMode>::FromText(retention.mode);
  if (retention.updated_at_ms > 0) response.updatedAt = ToTimestamp(retention.updated_at_ms);
  return response;
}

}  // namespace

net::Task<Result<gen::GetAccountDataRetentionResponse>> Bedrock::GetAccountDataRetention(
    const wire::Call& call, gen::GetAccountDataRetentionRequest) {
  auto retention = co_await pool_.Run([&] { return control_.policies.Retention(ScopeOf(call)); });
  if (!retention) co_return std::unexpected(std::move(retention.error()));
  co_return Convert<gen::GetAccountDataRetentionResponse>(*retention);
}

net::Task<Result<gen::PutAccountDataRetentionResponse>> Bedrock::PutAccountDataRetention(
    const wire::Call& call, gen::PutAccountDataRetentionRequest input) {
  const std::string mode(input.mode->text());
  auto retention =
      co_await pool_.Run([&] { return control_.policies.PutRetention(ScopeOf(call), mode); });
  if (!retention) co_return std::unexpected(std::move(retention.error()));
  co_return Convert<gen::PutAccountDataRetentionResponse>(*retention);
}

}  // namespace bedplate::services::bedrock
