#include "account/keys/key_grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "account/keys/key_error.h"
#include "account/keys/seal.h"
#include "base/arn.h"
#include "base/base64.h"
#include "base/ids.h"

namespace bedplate::account::keys {
namespace {

constexpr std::size_t kMarkBytes = 32;
constexpr std::string_view kTokenHead = "bedplate: grant";

using Names = std::span<const std::string_view>;
constexpr std::array<std::string_view, 4> kOfAll = {"CreateGrant", "RetireGrant", "DescribeKey",
                                                    "GetPublicKey"};
constexpr std::array<std::string_view, 8> kOfEncryption = {"Encrypt",
                                                           "Decrypt",
                                                           "ReEncryptFrom",
                                                           "ReEncryptTo",
                                                           "GenerateDataKey",
                                                           "GenerateDataKeyWithoutPlaintext",
                                                           "GenerateDataKeyPair",
                                                           "GenerateDataKeyPairWithoutPlaintext"};
constexpr std::array<std::string_view, 2> kOfSigning = {"Sign", "Verify"};
constexpr std::array<std::string_view, 2> kOfMac = {"GenerateMac", "VerifyMac"};
constexpr std::array<std::string_view, 1> kOfAgreement = {"DeriveSharedSecret"};

Names OperationsOf(Usage usage) {
  switch (usage) {
    case Usage::kEncryptDecrypt:
      return kOfEncryption;
    case Usage::kSignVerify:
      return kOfSigning;
    case Usage::kMac:
      return kOfMac;
    case Usage::kKeyAgreement:
      return kOfAgreement;
  }
  return {};
}

bool Has(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool GivesRetirement(const Grant& grant) {
  return std::ranges::find(grant.operations, "RetireGrant") != grant.operations.end();
}

// What a key of this kind can do at all.
bool Supports(const Key& key, std::string_view operation) {
  const bool asymmetric = key.spec->family == Family::kRsa || key.spec->family == Family::kEcc;
  if (operation == "GetPublicKey") return asymmetric;
  if (operation.starts_with("GenerateDataKey") && asymmetric) return false;
  return Has(kOfAll, operation) || Has(OperationsOf(key.usage), operation);
}

Result<void> CheckPrincipal(const std::string& principal, std::string_view member) {
  if (principal.empty() || !PartitionOfPrincipal(principal).empty()) return {};
  return InvalidArn(fmt::format("{} '{}' is not the ARN of a principal.", member, principal));
}

Result<void> CheckOne(const std::string& principal, const std::string& service,
                      std::string_view what) {
  if (principal.empty() || service.empty()) return {};
  return Invalid(
      fmt::format("{0}Principal and {0}ServicePrincipal are both given; a grant has one "
                  "of them.",
                  what));
}

bool TakeFramed(std::string_view& text, std::string& part) {
  constexpr std::size_t kSizeBytes = 4;
  if (text.size() < kSizeBytes) return false;
  std::size_t size = 0;
  for (const char c : text.substr(0, kSizeBytes)) size = size << 8 | static_cast<uint8_t>(c);
  text.remove_prefix(kSizeBytes);
  if (text.size() < size) return false;
  part = text.substr(0, size);
  text.remove_prefix(size);
  return true;
}

std::string NewGrantId() {
  std::array<uint8_t, 32> bytes;
  FillRandom(bytes);
  std::string id;
  for (const uint8_t byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

}  // namespace

Result<void> KeyGrants::Check(const Key& key, const Grant& wanted) const {
  if (auto ok = CheckEnabled(key.state, key.arn); !ok) return ok;
  if (wanted.grantee.empty() && wanted.grantee_service.empty()) {
    return Invalid("GranteePrincipal or GranteeServicePrincipal must be given.");
  }
  if (auto ok = CheckOne(wanted.grantee, wanted.grantee_service, "Grantee"); !ok) return ok;
  if (auto ok = CheckOne(wanted.retiring, wanted.retiring_service, "Retiring"); !ok) return ok;
  if (auto ok = CheckPrincipal(wanted.grantee, "GranteePrincipal"); !ok) return ok;
  if (auto ok = CheckPrincipal(wanted.retiring, "RetiringPrincipal"); !ok) return ok;
  if (wanted.operations.empty()) return Invalid("Operations must not be empty.");
  for (const std::string& operation : wanted.operations) {
    if (Supports(key, operation)) continue;
    return Invalid(fmt::format("The operation {} of the grant is none of a key of spec {} for {}.",
                               operation, key.spec->name, UsageName(key.usage)));
  }
  const bool constrained = wanted.context_equals || wanted.context_subset;
  if (constrained && key.spec->family != Family::kSymmetric) {
    return Invalid(fmt::format(
        "Constraints of the encryption context are for symmetric encryption keys; {} is of spec "
        "{}.",
        key.arn, key.spec->name));
  }
  return {};
}

Result<KeyGrants::Made> KeyGrants::Create(const Key& key, Grant wanted) {
  if (auto ok = Check(key, wanted); !ok) return std::unexpected(std::move(ok.error()));
  std::ranges::sort(wanted.operations);
  const auto repeated = std::ranges::unique(wanted.operations);
  wanted.operations.erase(repeated.begin(), repeated.end());
  wanted.id = NewGrantId();
  wanted.created_at_ms = store_.NowMs();
  state::GrantRow row = ToRow(wanted);
  row.account = key.account;
  row.region = key.region;
  row.key_id = key.id;
  auto id = table_.Insert(row);
  store_.Forget(key.place());
  if (!id && id.error().fault == Fault::kNotFound) {
    return NotFound(fmt::format("Key '{}' does not exist", key.arn));
  }
  if (!id) return FromState(std::move(id.error()));
  std::string token = Token(key, *id);
  return Made{.id = std::move(*id), .token = std::move(token)};
}

Result<const Grant*> KeyGrants::Find(const Key& key, std::string_view grant_id) {
  const auto found = std::ranges::find(key.grants, grant_id, &Grant::id);
  if (found != key.grants.end()) return &*found;
  return NotFound(fmt::format("Grant ID {} not found", grant_id));
}

Result<void> KeyGrants::Revoke(const Key& key, const std::string& grant_id) {
  auto gone = table_.Delete(
      {.account = key.account, .region = key.region, .key_id = key.id, .grant_id = grant_id});
  store_.Forget(key.place());
  if (!gone && gone.error().fault == Fault::kNotFound) {
    return NotFound(fmt::format("Grant ID {} not found", grant_id));
  }
  return gone;
}

Result<std::vector<Grant>> KeyGrants::Retirable(const state::GrantTable::Retiring& by,
                                                const std::string& after, size_t most) {
  const auto rows = table_.Retirable(by, after, most);
  if (!rows) return std::unexpected(rows.error());
  std::vector<Grant> grants;
  for (const state::GrantRow& row : *rows) {
    grants.push_back(FromRow(row, KeyArn(row.account, row.region, row.key_id)));
  }
  return grants;
}

std::string KeyGrants::Token(const Key& key, const std::string& grant_id) const {
  std::string text(kTokenHead);
  for (const std::string& part : {key.account, key.region, key.id, grant_id}) {
    AppendFramed(text, part);
  }
  text += store_.root().Mark(text);
  std::string token;
  AppendBase64(token, text);
  return token;
}

Result<GrantName> KeyGrants::ReadToken(std::string_view token) const {
  std::string text;
  const bool whole = AppendFromBase64(text, token) && text.size() > kTokenHead.size() + kMarkBytes;
  if (whole) {
    const std::string_view marked = std::string_view(text).substr(0, text.size() - kMarkBytes);
    const std::string_view mark = std::string_view(text).substr(marked.size());
    GrantName name;
    std::string_view rest = marked.substr(kTokenHead.size());
    if (IsSame(store_.root().Mark(marked), mark) && marked.starts_with(kTokenHead) &&
        TakeFramed(rest, name.key.account) && TakeFramed(rest, name.key.region) &&
        TakeFramed(rest, name.key.key_id) && TakeFramed(rest, name.grant_id)) {
      return name;
    }
  }
  return KeyError(Fault::kValidation, "InvalidGrantTokenException",
                  "The grant token is not valid.");
}

Result<void> KeyGrants::CheckTokens(const std::vector<std::string>& tokens) const {
  for (const std::string& token : tokens) {
    if (auto name = ReadToken(token); !name) return std::unexpected(std::move(name.error()));
  }
  return {};
}

bool MayRetire(const Key& key, const Grant& grant, const policy::Identity& who) {
  if (!who.service.empty()) {
    return who.service == grant.retiring_service ||
           (who.service == grant.grantee_service && GivesRetirement(grant));
  }
  if (who.arn.empty()) return false;
  return IsPrincipal(grant.retiring, who.arn) || who.arn == grant.issuing_account ||
         who.arn == fmt::format("arn:aws:iam::{}:root", key.account) ||
         (IsPrincipal(grant.grantee, who.arn) && GivesRetirement(grant));
}

}  // namespace bedplate::account::keys
