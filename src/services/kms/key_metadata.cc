#include "services/kms/key_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "account/keys/key_error.h"
#include "net/text.h"
#include "services/kms/request.h"

namespace bedplate::services::kms {
namespace {

namespace gen = ::bedplate::gen::kms;
namespace keys = ::bedplate::account::keys;

constexpr std::string_view kReserved = "aws:";  // in any case

void AddAlgorithms(gen::KeyMetadata& metadata, const keys::Key& key) {
  const auto algorithms = keys::AlgorithmsFor(*key.spec, key.usage);
  switch (key.usage) {
    case keys::Usage::kEncryptDecrypt:
      metadata.EncryptionAlgorithms = ToEnums<gen::EncryptionAlgorithmSpec>(algorithms);
      break;
    case keys::Usage::kSignVerify:
      metadata.SigningAlgorithms = ToEnums<gen::SigningAlgorithmSpec>(algorithms);
      break;
    case keys::Usage::kMac:
      metadata.MacAlgorithms = ToEnums<gen::MacAlgorithmSpec>(algorithms);
      break;
    case keys::Usage::kKeyAgreement:
      metadata.KeyAgreementAlgorithms = ToEnums<gen::KeyAgreementAlgorithmSpec>(algorithms);
      break;
  }
}

}  // namespace

gen::KeyMetadata ToMetadata(const keys::Key& key) {
  gen::KeyMetadata metadata;
  metadata.AWSAccountId = key.account;
  metadata.KeyId = key.id;
  metadata.Arn = key.arn;
  metadata.CreationDate = ToTimestamp(key.created_at_ms);
  metadata.Enabled = key.state == keys::KeyState::kEnabled;
  metadata.Description = key.description;
  metadata.KeyUsage = wire::OpenEnum<gen::KeyUsageType>::FromText(keys::UsageName(key.usage));
  metadata.KeyState = wire::OpenEnum<gen::KeyState>::FromText(keys::StateName(key.state));
  if (key.state == keys::KeyState::kPendingDeletion) {
    metadata.DeletionDate = ToTimestamp(key.deletion_at_ms);
  }
  metadata.Origin = wire::OpenEnum<gen::OriginType>(gen::OriginType::kAwsKms);
  metadata.KeyManager = wire::OpenEnum<gen::KeyManagerType>(
      key.aws_managed ? gen::KeyManagerType::kAws : gen::KeyManagerType::kCustomer);
  metadata.CustomerMasterKeySpec =
      wire::OpenEnum<gen::CustomerMasterKeySpec>::FromText(key.spec->name);
  metadata.KeySpec = wire::OpenEnum<gen::KeySpec>::FromText(key.spec->name);
  metadata.MultiRegion = false;
  if (key.spec->family == keys::Family::kSymmetric) {
    metadata.CurrentKeyMaterialId = key.current().id;
  }
  AddAlgorithms(metadata, key);
  return metadata;
}

Result<state::Tags> ToTags(const std::vector<gen::Tag>& list) {
  const auto refuse = [](std::string message) {
    return keys::KeyError(Fault::kValidation, "TagException", std::move(message));
  };
  state::Tags tags;
  for (const gen::Tag& tag : list) {
    if (net::EqualsIgnoringCase(tag.TagKey->substr(0, kReserved.size()), kReserved)) {
      return refuse(fmt::format("The tag key '{}' begins with {}, which is reserved.", *tag.TagKey,
                                kReserved));
    }
    if (!tags.emplace(*tag.TagKey, *tag.TagValue).second) {
      return refuse(fmt::format("The tag key '{}' is there twice.", *tag.TagKey));
    }
  }
  return tags;
}

}  // namespace bedplate::services::kms
