#include "gateway/authorization/key_directory.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "account/keys/ciphertext.h"
#include "account/keys/grant.h"
#include "account/keys/key_grants.h"
#include "account/policy/text.h"
#include "base/base64.h"
#include "gateway/authorization/directories.h"

namespace bedplate::gateway {
namespace {

namespace keys = account::keys;
using account::Resource;
using account::ResourceName;
using account::policy::Request;

constexpr std::string_view kCiphertext = "kms-ciphertext";
constexpr std::string_view kContextKey = "kms:EncryptionContext:";

bool TakesContext(std::string_view operation) {
  return operation == "Encrypt" || operation == "Decrypt" || operation == "CreateGrant" ||
         operation.starts_with("GenerateDataKey") || operation.starts_with("ReEncrypt");
}

keys::EncryptionContext ContextIn(const Request& request) {
  keys::EncryptionContext context;
  for (const auto& [key, values] : request.context.entries()) {
    if (key.starts_with(kContextKey) && values.size() == 1) {
      context.emplace(key.substr(kContextKey.size()), values.front());
    }
  }
  return context;
}

bool IsGrantee(const keys::Grant& grant, const account::policy::Identity& identity) {
  if (!grant.grantee_service.empty()) return grant.grantee_service == identity.service;
  return !identity.arn.empty() && keys::IsPrincipal(grant.grantee, identity.arn);
}

// A grant for what a service does for its source is used by that source alone.
bool IsForSource(const keys::Grant& grant, const Request& request) {
  if (grant.source_arn.empty()) return true;
  const std::string* const source = request.context.FindSingle("aws:SourceArn");
  return source != nullptr && *source == grant.source_arn;
}

// Whoever makes grants by a grant gives no more on than the grant gave. By one with constraints of
// the context nobody makes any: what the new grant's are is not known here.
bool DelegatesNoMore(const keys::Grant& grant, std::string_view operation, const Request& request) {
  if (operation != "CreateGrant") return true;
  if (grant.context_equals || grant.context_subset) return false;
  const auto* const wanted = request.context.Find("kms:GrantOperations");
  return wanted != nullptr && std::ranges::all_of(*wanted, [&](const std::string& one) {
           return std::ranges::find(grant.operations, one) != grant.operations.end();
         });
}

bool Granted(const keys::Key& key, const Request& request) {
  constexpr std::string_view kPrefix = "kms:";
  const std::string_view operation = std::string_view(request.action).substr(kPrefix.size());
  const keys::EncryptionContext context = ContextIn(request);
  const keys::EncryptionContext* const with = TakesContext(operation) ? &context : nullptr;
  return std::ranges::any_of(keys::KeyGrants::Of(key), [&](const keys::Grant& grant) {
    return IsGrantee(grant, request.identity) && IsForSource(grant, request) &&
           keys::GrantAllows(grant, operation, with) && DelegatesNoMore(grant, operation, request);
  });
}

// "alias/a" of "alias/a" or of an alias' ARN; empty for another name.
std::string_view AliasIn(std::string_view name) {
  constexpr std::string_view kAlias = "alias/";
  if (name.starts_with(kAlias)) return name;
  const size_t at = name.starts_with("arn:") ? name.find(":alias/") : std::string_view::npos;
  return at == std::string_view::npos ? std::string_view() : name.substr(at + 1);
}

Resource Describe(const keys::KeyPtr& key, const ResourceName& name) {
  Resource resource{.arn = key->arn,
                    .account = key->account,
                    .policy = key->document,
                    .must_allow = true,
                    .arn_hidden = name.kind == kCiphertext};
  auto& context = resource.context;
  for (const auto& [tag, value] : key->tags) context.Set("aws:ResourceTag/" + tag, value);
  context.Set("kms:CallerAccount", std::string(name.account));
  context.Set("kms:KeySpec", std::string(key->spec->name));
  context.Set("kms:KeyUsage", std::string(keys::UsageName(key->usage)));
  context.Set("kms:KeyOrigin", "AWS_KMS");
  context.Set("kms:MultiRegion", "false");
  if (name.kind != kCiphertext) {
    if (const auto alias = AliasIn(name.name); !alias.empty()) {
      context.Set("kms:RequestAlias", std::string(alias));
    }
  }
  resource.granted = [key](const Request& request) { return Granted(*key, request); };
  return resource;
}

std::optional<state::KeyPlace> PlaceOf(const ResourceName& name) {
  std::string blob;
  if (!AppendFromBase64(blob, name.name)) return std::nullopt;
  auto key = keys::ReadCiphertextKey(blob);
  if (!key) return std::nullopt;
  return state::KeyPlace{.account = std::move(key->account),
                         .region = std::string(name.region),
                         .key_id = std::move(key->key_id)};
}

keys::Scope ScopeOf(const ResourceName& name) {
  return {.account = std::string(name.account), .region = std::string(name.region)};
}

}  // namespace

std::optional<Result<account::ResourceDirectory::Resources>> KeyDirectory::TryFind(
    const ResourceName& name) const {
  std::optional<keys::KeyPtr> key;
  if (name.kind == kCiphertext) {
    const auto place = PlaceOf(name);
    if (!place) return Resources{};
    key = store_.Cached(*place);
  } else {
    key = store_.Cached(ScopeOf(name), name.name);
  }
  if (!key) return std::nullopt;
  return Resources{Describe(*key, name)};
}

Result<account::ResourceDirectory::Resources> KeyDirectory::Find(const ResourceName& name) const {
  Result<keys::KeyPtr> key;
  if (name.kind == kCiphertext) {
    const auto place = PlaceOf(name);
    if (!place) return Resources{};
    key = store_.Find(*place);
  } else {
    key = store_.Find(ScopeOf(name), name.name);
  }
  if (key) return Resources{Describe(*key, name)};
  // Whose name it is not is the handler's to say, to a caller who might use such a key.
  const Fault fault = key.error().fault;
  if (fault == Fault::kNotFound || fault == Fault::kValidation) return Resources{};
  return std::unexpected(std::move(key.error()));
}

void KeyDirectory::AddTo(ResourceDirectories& directories) const {
  directories.Add("kms-key", *this);
  directories.Add(std::string(kCiphertext), *this);
}

}  // namespace bedplate::gateway
