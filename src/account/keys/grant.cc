#include "account/keys/grant.h"

#include <algorithm>
#include <utility>

#include "base/arn.h"
#include "base/json/value.h"

namespace bedplate::account::keys {
namespace {

constexpr std::string_view kEquals = "EncryptionContextEquals";
constexpr std::string_view kSubset = "EncryptionContextSubset";
constexpr std::string_view kSourceArn = "SourceArn";

json::Value ToJson(const EncryptionContext& context) {
  json::Value::Object members;
  for (const auto& [key, value] : context) members.emplace_back(key, value);
  return members;
}

std::optional<EncryptionContext> ContextOf(const json::Value& constraints, std::string_view name) {
  const json::Value* const found = constraints.Find(name);
  if (found == nullptr || !found->is_object()) return std::nullopt;
  EncryptionContext context;
  for (const auto& [key, value] : *found->AsObject()) {
    if (const std::string* text = value.AsString()) context.emplace(key, *text);
  }
  return context;
}

// "arn:aws:iam::1:role/path/name" and "arn:aws:sts::1:assumed-role/name/session" as the account
// and the role's name; empty for other ARNs.
struct Role {
  std::string_view account{};
  std::string_view name{};
  friend bool operator==(const Role&, const Role&) = default;
};

Role RoleOf(std::string_view arn) {
  if (PartitionOfPrincipal(arn).empty()) return {};
  for (int part = 0; part < 4; ++part) TakePart(arn, ':');
  Role role{.account = TakePart(arn, ':')};
  const std::string_view kind = TakePart(arn, '/');
  if (kind == "assumed-role") {
    role.name = TakePart(arn, '/');
  } else if (kind == "role") {
    role.name = arn.substr(arn.rfind('/') + 1);
  } else {
    return {};
  }
  return role;
}

}  // namespace

bool GrantAllows(const Grant& grant, std::string_view operation, const EncryptionContext* context) {
  if (std::ranges::find(grant.operations, operation) == grant.operations.end()) return false;
  if (context == nullptr) return true;
  if (grant.context_equals && *grant.context_equals != *context) return false;
  return !grant.context_subset || std::ranges::includes(*context, *grant.context_subset);
}

bool IsPrincipal(std::string_view of_grant, std::string_view caller_arn) {
  if (of_grant.empty() || caller_arn.empty()) return false;
  if (of_grant == caller_arn) return true;
  const Role role = RoleOf(of_grant);
  // A session stands for its role; one session does not stand for another.
  return !role.name.empty() && !of_grant.contains(":assumed-role/") && role == RoleOf(caller_arn);
}

state::GrantRow ToRow(const Grant& grant) {
  json::Value operations(json::Value::Array{});
  for (const std::string& operation : grant.operations) operations.Append(operation);
  json::Value constraints(json::Value::Object{});
  if (grant.context_equals) constraints.Set(kEquals, ToJson(*grant.context_equals));
  if (grant.context_subset) constraints.Set(kSubset, ToJson(*grant.context_subset));
  if (!grant.source_arn.empty()) constraints.Set(kSourceArn, grant.source_arn);
  return {.grant_id = grant.id,
          .name = grant.name,
          .grantee = grant.grantee,
          .grantee_service = grant.grantee_service,
          .retiring = grant.retiring,
          .retiring_service = grant.retiring_service,
          .operations = operations.ToJson(),
          .constraints = constraints.ToJson(),
          .issuing_account = grant.issuing_account,
          .created_at_ms = grant.created_at_ms};
}

Grant FromRow(const state::GrantRow& row, std::string key_arn) {
  Grant grant{.id = row.grant_id,
              .name = row.name,
              .grantee = row.grantee,
              .grantee_service = row.grantee_service,
              .retiring = row.retiring,
              .retiring_service = row.retiring_service,
              .issuing_account = row.issuing_account,
              .key_arn = std::move(key_arn),
              .created_at_ms = row.created_at_ms};
  if (const auto operations = json::Value::Parse(row.operations); operations) {
    if (const auto* array = operations->AsArray()) {
      for (const json::Value& item : *array) {
        if (const std::string* text = item.AsString()) grant.operations.push_back(*text);
      }
    }
  }
  if (const auto constraints = json::Value::Parse(row.constraints); constraints) {
    grant.context_equals = ContextOf(*constraints, kEquals);
    grant.context_subset = ContextOf(*constraints, kSubset);
    const json::Value* const source = constraints->Find(kSourceArn);
    if (source != nullptr && source->is_string()) grant.source_arn = *source->AsString();
  }
  return grant;
}

}  // namespace bedplate::account::keys
