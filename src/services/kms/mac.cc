#include <utility>

#include "account/keys/asymmetric.h"
#include "account/keys/key_error.h"
#include "account/keys/seal.h"
#include "kms/ops/GenerateMac.h"
#include "kms/ops/VerifyMac.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {

net::Task<Result<gen::GenerateMacResponse>> Kms::GenerateMac(const wire::Call& call,
                                                             gen::GenerateMacRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const std::string_view algorithm = input.MacAlgorithm->text();
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kMac, algorithm, call.operation); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::GenerateMacResponse response;
  response.Mac = wire::Blob{keys::ComputeMac(**key, algorithm, input.Message->bytes)};
  response.MacAlgorithm = *input.MacAlgorithm;
  response.KeyId = (*key)->arn;
  co_return response;
}

net::Task<Result<gen::VerifyMacResponse>> Kms::VerifyMac(const wire::Call& call,
                                                         gen::VerifyMacRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const std::string_view algorithm = input.MacAlgorithm->text();
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kMac, algorithm, call.operation); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const std::string mac = keys::ComputeMac(**key, algorithm, input.Message->bytes);
  if (!keys::IsSame(mac, input.Mac->bytes)) {
    co_return keys::KeyError(Fault::kValidation, "KMSInvalidMacException",
                             "The MAC is not that of the message and the key.");
  }
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::VerifyMacResponse response;
  response.KeyId = (*key)->arn;
  response.MacValid = true;
  response.MacAlgorithm = *input.MacAlgorithm;
  co_return response;
}

}  // namespace bedplate::services::kms
