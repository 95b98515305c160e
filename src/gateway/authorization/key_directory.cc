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
constexpr std::string_view kGrant = "kms-grant";
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

// Where the key is named, not where the alias itself is what is changed.
// spec: KMS developer guide, "kms:RequestAlias"
bool NamesKey(std::string_view action) {
  return action != "kms:CreateAlias" && action != "kms:UpdateAlias" && action != "kms:DeleteAlias";
}

// The grant of "<ARN of the key>/<id of the grant>".
struct GrantPlace {
  std::string_view key{};
  std::string_view grant_id{};
};

GrantPlace GrantPlaceOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {};
  return {.key = name.substr(0, slash), .grant_id = name.substr(slash + 1)};
}

// What the rules of CreateGrant say of the grant that is asked for.
void DescribeGrant(const keys::Grant& grant, account::policy::Context& context) {
  keys::EncryptionContext pairs;
  std::vector<std::string> types;
  const auto add = [&](const std::optional<keys::EncryptionContext>& constraint, const char* type) {
    if (!constraint || constraint->empty()) return;
    types.emplace_back(type);
    pairs.insert(constraint->begin(), constraint->end());
  };
  add(grant.context_equals, "EncryptionContextEquals");
  add(grant.context_subset, "EncryptionContextSubset");
  if (!grant.source_arn.empty()) {
    types.emplace_back("SourceArn");
    context.Set("kms:GrantConstraintSourceArn", grant.source_arn);
  }
  if (!types.empty()) context.SetAll("kms:GrantConstraintType", std::move(types));
  if (pairs.empty()) return;
  std::vector<std::string> names;
  for (const auto& [key, value] : pairs) {
    context.Set(std::string(kContextKey) + key, value);
    names.push_back(key);
  }
  context.SetAll("kms:EncryptionContextKeys", std::move(names));
}

// Who delegates the retiring of a grant to its own identities: the key's account, or the one whose
// root the grant names.
std::string DelegatingAccount(const keys::Key& key, const keys::Grant& grant,
                              std::string_view caller) {
  const bool named = grant.retiring == "arn:aws:iam::" + std::string(caller) + ":root";
  return named ? std::string(caller) : key.account;
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
  if (!key->aliases.empty()) context.SetAll("kms:ResourceAliases", key->aliases);
  if (name.kind != kCiphertext && NamesKey(name.action)) {
    if (const auto alias = AliasIn(name.name); !alias.empty()) {
      context.Set("kms:RequestAlias", std::string(alias));
    }
  }
  resource.granted = [key](const Request& request) { return Granted(*key, request); };
  return resource;
}

account::ResourceDirectory::Resources DescribeRetirement(const keys::KeyPtr& key,
                                                         const ResourceName& name) {
  const auto grant = keys::KeyGrants::Find(*key, GrantPlaceOf(name.name).grant_id);
  if (!grant) return {};
  Resource resource = Describe(key, name);
  resource.account = DelegatingAccount(*key, **grant, name.account);
  resource.policy = nullptr;
  resource.must_allow = false;
  DescribeGrant(**grant, resource.context);
  // The key that the grant lies in stays as it is while it is held.
  resource.granted = [key, grant = *grant](const Request& request) {
    return keys::MayRetire(*key, *grant, request.identity);
  };
  return {std::move(resource)};
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

std::string KeyIn(const ResourceName& name) {
  return std::string(name.kind == kGrant ? GrantPlaceOf(name.name).key : name.name);
}

account::ResourceDirectory::Resources Tell(const keys::KeyPtr& key, const ResourceName& name) {
  if (name.kind == kGrant) return DescribeRetirement(key, name);
  return {Describe(key, name)};
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
    key = store_.Cached(ScopeOf(name), KeyIn(name));
  }
  if (!key) return std::nullopt;
  return Tell(*key, name);
}

Result<account::ResourceDirectory::Resources> KeyDirectory::Find(const ResourceName& name) const {
  Result<keys::KeyPtr> key;
  if (name.kind == kCiphertext) {
    const auto place = PlaceOf(name);
    if (!place) return Resources{};
    key = store_.Find(*place);
  } else {
    key = store_.Find(ScopeOf(name), KeyIn(name));
  }
  if (key) return Tell(*key, name);
  // Whose name it is not is the handler's to say, to a caller who might use such a key.
  const Fault fault = key.error().fault;
  if (fault == Fault::kNotFound || fault == Fault::kValidation) return Resources{};
  return std::unexpected(std::move(key.error()));
}

void KeyDirectory::AddTo(ResourceDirectories& directories) const {
  directories.Add("kms-key", *this);
  directories.Add(std::string(kGrant), *this);
  directories.Add(std::string(kCiphertext), *this);
}

}  // namespace bedplate::gateway
