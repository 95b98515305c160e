#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "account/keys/key_error.h"
#include "base/ids.h"
#include "kms/ops/GenerateRandom.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {

net::Task<Result<gen::GenerateRandomResponse>> Kms::GenerateRandom(
    const wire::Call&, gen::GenerateRandomRequest input) {
  if (input.Recipient) co_return NoRecipient();
  if (input.CustomKeyStoreId) {
    co_return keys::KeyError(
        Fault::kNotFound, "CustomKeyStoreNotFoundException",
        fmt::format("There is no custom key store {}.", *input.CustomKeyStoreId));
  }
  if (!input.NumberOfBytes) co_return keys::Invalid("NumberOfBytes must be given.");
  wire::Blob bytes{std::string(static_cast<size_t>(*input.NumberOfBytes), '\0')};
  FillRandom({reinterpret_cast<uint8_t*>(bytes.bytes.data()), bytes.bytes.size()});
  gen::GenerateRandomResponse response;
  response.Plaintext = std::move(bytes);
  co_return response;
}

}  // namespace bedplate::services::kms
