// kms: from wire types to the domain and back, one file for each operation or tight group of them.
//
// Threads: as gen::kms::Handler. Keys in use are worked with on the reactor; what asks the
// database, or takes long (private keys of RSA, new key pairs), runs on the pool.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "account/identity/identity_store.h"
#include "account/keys/key_administration.h"
#include "account/keys/key_aliases.h"
#include "account/keys/key_grants.h"
#include "account/keys/key_rotation.h"
#include "account/keys/key_store.h"
#include "kms/handler.h"
#include "net/blocking_pool.h"
#include "wire/types.h"

namespace bedplate::services::kms {

namespace gen = ::bedplate::gen::kms;
namespace keys = ::bedplate::account::keys;

// All outlive the service.
struct KeyServices {
  keys::KeyStore& store;
  keys::KeyAdministration& administration;
  keys::KeyRotation& rotation;
  keys::KeyAliases& aliases;
  keys::KeyGrants& grants;
};

class Kms final : public gen::Handler {
 public:
  // Both outlive this.
  Kms(KeyServices keys, const account::IdentityStore& identities, net::BlockingPool& pool)
      : keys_(keys), identities_(identities), pool_(pool) {}

  net::Task<Result<gen::CancelKeyDeletionResponse>> CancelKeyDeletion(
      const wire::Call& call, gen::CancelKeyDeletionRequest input) override;
  net::Task<Result<void>> CreateAlias(const wire::Call& call,
                                      gen::CreateAliasRequest input) override;
  net::Task<Result<gen::CreateGrantResponse>> CreateGrant(const wire::Call& call,
                                                          gen::CreateGrantRequest input) override;
  net::Task<Result<gen::CreateKeyResponse>> CreateKey(const wire::Call& call,
                                                      gen::CreateKeyRequest input) override;
  net::Task<Result<gen::DecryptResponse>> Decrypt(const wire::Call& call,
                                                  gen::DecryptRequest input) override;
  net::Task<Result<void>> DeleteAlias(const wire::Call& call,
                                      gen::DeleteAliasRequest input) override;
  net::Task<Result<gen::DeriveSharedSecretResponse>> DeriveSharedSecret(
      const wire::Call& call, gen::DeriveSharedSecretRequest input) override;
  net::Task<Result<gen::DescribeKeyResponse>> DescribeKey(const wire::Call& call,
                                                          gen::DescribeKeyRequest input) override;
  net::Task<Result<void>> DisableKey(const wire::Call& call, gen::DisableKeyRequest input) override;
  net::Task<Result<void>> DisableKeyRotation(const wire::Call& call,
                                             gen::DisableKeyRotationRequest input) override;
  net::Task<Result<void>> EnableKey(const wire::Call& call, gen::EnableKeyRequest input) override;
  net::Task<Result<void>> EnableKeyRotation(const wire::Call& call,
                                            gen::EnableKeyRotationRequest input) override;
  net::Task<Result<gen::EncryptResponse>> Encrypt(const wire::Call& call,
                                                  gen::EncryptRequest input) override;
  net::Task<Result<gen::GenerateDataKeyResponse>> GenerateDataKey(
      const wire::Call& call, gen::GenerateDataKeyRequest input) override;
  net::Task<Result<gen::GenerateDataKeyPairResponse>> GenerateDataKeyPair(
      const wire::Call& call, gen::GenerateDataKeyPairRequest input) override;
  net::Task<Result<gen::GenerateDataKeyPairWithoutPlaintextResponse>>
  GenerateDataKeyPairWithoutPlaintext(
      const wire::Call& call, gen::GenerateDataKeyPairWithoutPlaintextRequest input) override;
  net::Task<Result<gen::GenerateDataKeyWithoutPlaintextResponse>> GenerateDataKeyWithoutPlaintext(
      const wire::Call& call, gen::GenerateDataKeyWithoutPlaintextRequest input) override;
  net::Task<Result<gen::GenerateMacResponse>> GenerateMac(const wire::Call& call,
                                                          gen::GenerateMacRequest input) override;
  net::Task<Result<gen::GenerateRandomResponse>> GenerateRandom(
      const wire::Call& call, gen::GenerateRandomRequest input) override;
  net::Task<Result<gen::GetKeyPolicyResponse>> GetKeyPolicy(
      const wire::Call& call, gen::GetKeyPolicyRequest input) override;
  net::Task<Result<gen::GetKeyRotationStatusResponse>> GetKeyRotationStatus(
      const wire::Call& call, gen::GetKeyRotationStatusRequest input) override;
  net::Task<Result<gen::GetPublicKeyResponse>> GetPublicKey(
      const wire::Call& call, gen::GetPublicKeyRequest input) override;
  net::Task<Result<gen::ListAliasesResponse>> ListAliases(const wire::Call& call,
                                                          gen::ListAliasesRequest input) override;
  net::Task<Result<gen::ListGrantsResponse>> ListGrants(const wire::Call& call,
                                                        gen::ListGrantsRequest input) override;
  net::Task<Result<gen::ListKeyPoliciesResponse>> ListKeyPolicies(
      const wire::Call& call, gen::ListKeyPoliciesRequest input) override;
  net::Task<Result<gen::ListKeyRotationsResponse>> ListKeyRotations(
      const wire::Call& call, gen::ListKeyRotationsRequest input) override;
  net::Task<Result<gen::ListKeysResponse>> ListKeys(const wire::Call& call,
                                                    gen::ListKeysRequest input) override;
  net::Task<Result<gen::ListResourceTagsResponse>> ListResourceTags(
      const wire::Call& call, gen::ListResourceTagsRequest input) override;
  net::Task<Result<gen::ListGrantsResponse>> ListRetirableGrants(
      const wire::Call& call, gen::ListRetirableGrantsRequest input) override;
  net::Task<Result<void>> PutKeyPolicy(const wire::Call& call,
                                       gen::PutKeyPolicyRequest input) override;
  net::Task<Result<gen::ReEncryptResponse>> ReEncrypt(const wire::Call& call,
                                                      gen::ReEncryptRequest input) override;
  net::Task<Result<void>> RetireGrant(const wire::Call& call,
                                      gen::RetireGrantRequest input) override;
  net::Task<Result<void>> RevokeGrant(const wire::Call& call,
                                      gen::RevokeGrantRequest input) override;
  net::Task<Result<gen::RotateKeyOnDemandResponse>> RotateKeyOnDemand(
      const wire::Call& call, gen::RotateKeyOnDemandRequest input) override;
  net::Task<Result<gen::ScheduleKeyDeletionResponse>> ScheduleKeyDeletion(
      const wire::Call& call, gen::ScheduleKeyDeletionRequest input) override;
  net::Task<Result<gen::SignResponse>> Sign(const wire::Call& call,
                                            gen::SignRequest input) override;
  net::Task<Result<void>> TagResource(const wire::Call& call,
                                      gen::TagResourceRequest input) override;
  net::Task<Result<void>> UntagResource(const wire::Call& call,
                                        gen::UntagResourceRequest input) override;
  net::Task<Result<void>> UpdateAlias(const wire::Call& call,
                                      gen::UpdateAliasRequest input) override;
  net::Task<Result<void>> UpdateKeyDescription(const wire::Call& call,
                                               gen::UpdateKeyDescriptionRequest input) override;
  net::Task<Result<gen::VerifyResponse>> Verify(const wire::Call& call,
                                                gen::VerifyRequest input) override;
  net::Task<Result<gen::VerifyMacResponse>> VerifyMac(const wire::Call& call,
                                                      gen::VerifyMacRequest input) override;

 private:
  // The key that is named, of any account.
  net::Task<Result<keys::KeyPtr>> Find(const wire::Call& call, const std::string& identifier,
                                       keys::Names names = keys::Names::kKeysAndAliases);
  // The same, of the caller's account alone, by id or ARN: what belongs to its owners.
  net::Task<Result<keys::KeyPtr>> FindOwn(const wire::Call& call, const std::string& identifier);
  // The key of a ciphertext, and of the request where it names one: IncorrectKeyException when they
  // differ. `algorithm` is that of the request.
  net::Task<Result<keys::KeyPtr>> FindForCiphertext(const wire::Call& call, std::string_view blob,
                                                    const wire::Opt<std::string>& identifier,
                                                    std::string_view algorithm);

  // A new pair under a symmetric key.
  struct KeyPair;
  net::Task<Result<KeyPair>> MakeKeyPair(const wire::Call& call, const std::string& identifier,
                                         std::string_view spec,
                                         const keys::EncryptionContext& context,
                                         const std::vector<std::string>& tokens, bool dry_run);
  struct DataKey;
  net::Task<Result<DataKey>> MakeDataKey(const wire::Call& call, const std::string& identifier,
                                         size_t bytes, const keys::EncryptionContext& context,
                                         const std::vector<std::string>& tokens, bool dry_run);

  // A policy as it is kept, its users and roles by their ids (account/identity/principal_ids.h).
  Result<std::string> BindPolicy(const std::string& policy) const;

  const KeyServices keys_;
  const account::IdentityStore& identities_;
  net::BlockingPool& pool_;
};

}  // namespace bedplate::services::kms
