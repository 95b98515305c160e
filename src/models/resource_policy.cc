#include "models/resource_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/arn.h"
#include "base/json/value.h"
#include "models/bindings.h"

namespace bedplate::models {
namespace {

constexpr std::array<std::string_view, 2> kVersions = {"2012-10-17", "2008-10-17"};
constexpr std::array<std::string_view, 3> kDocumentElements = {"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 8> kPartitions = {
    "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"};
constexpr std::array<std::string_view, 5> kElements = {"Sid", "Effect", "Principal", "Action",
                                                       "Resource"};

std::unexpected<Error> Bad(std::string why) {
  return Fail(Fault::kValidation, "The resourcePolicy can't be used: " + std::move(why));
}

template <size_t N>
Result<void> CheckElements(const json::Value& object,
                           const std::array<std::string_view, N>& known) {
  for (const auto& [name, value] : *object.AsObject()) {
    if (std::ranges::find(known, name) == known.end()) {
      return Bad(fmt::format("the element {} is not one that this server evaluates.", name));
    }
  }
  return {};
}

// A string, or an array of them with at least one.
Result<std::vector<std::string>> ReadTexts(const json::Value* value, std::string_view name) {
  std::vector<std::string> texts;
  if (value != nullptr && value->AsString() != nullptr) texts.push_back(*value->AsString());
  if (value != nullptr && value->is_array()) {
    for (const json::Value& item : *value->AsArray()) {
      if (item.AsString() == nullptr) {
        return Bad(fmt::format("{} holds {}, which is no string.", name, item.ToJson()));
      }
      texts.push_back(*item.AsString());
    }
  }
  if (texts.empty()) {
    return Bad(fmt::format("a statement needs {}, a string or an array of strings.", name));
  }
  for (const std::string& text : texts) {
    if (text.contains('?')) {
      return Bad(fmt::format("the '?' in {} '{}' is not evaluated by this server.", name, text));
    }
  }
  return texts;
}

bool IsPrincipalArn(std::string_view arn) {
  return std::ranges::find(kPartitions, PartitionOfPrincipal(arn)) != kPartitions.end();
}

// A principal's ARN from its second colon: a resource of one partition may be named with another's
// ARN here, as this server is all of them, and a Deny that spells it so is meant.
std::string_view WithoutPartition(std::string_view arn) {
  TakePart(arn, ':');
  TakePart(arn, ':');
  return arn;
}

std::unexpected<Error> BadPrincipal(std::string_view principal) {
  return Bad(
      fmt::format("the principal '{}' is neither an account nor the ARN of an account's "
                  "root, a user, a role or a session, without wildcards.",
                  principal));
}

// CheckPrincipals asks more of those that are put.
Result<std::vector<std::string>> ReadPrincipals(const json::Value* value) {
  if (value != nullptr && value->AsString() != nullptr && *value->AsString() == "*") {
    return std::vector<std::string>{"*"};
  }
  const json::Value::Object* object = value == nullptr ? nullptr : value->AsObject();
  if (object == nullptr || object->size() != 1 || object->front().first != "AWS") {
    return Bad("a statement needs a Principal, \"*\" or {\"AWS\": ...}.");
  }
  auto principals = ReadTexts(&object->front().second, "Principal.AWS");
  if (!principals) return principals;
  for (const std::string& principal : *principals) {
    if (principal == "*" || IsAccountId(principal) || principal.starts_with("arn:aws")) continue;
    return BadPrincipal(principal);
  }
  return principals;
}

Result<PolicyStatement> ReadStatement(const json::Value& value, std::string_view resource_arn) {
  if (!value.is_object()) return Bad("a statement is no object.");
  if (auto ok = CheckElements(value, kElements); !ok) return std::unexpected(ok.error());
  PolicyStatement statement;
  const json::Value* effect = value.Find("Effect");
  const std::string* word = effect == nullptr ? nullptr : effect->AsString();
  if (word == nullptr || (*word != "Allow" && *word != "Deny")) {
    return Bad(fmt::format("the Effect of a statement is {}, and must be Allow or Deny.",
                           effect == nullptr ? "missing" : effect->ToJson()));
  }
  statement.deny = *word == "Deny";
  auto principals = ReadPrincipals(value.Find("Principal"));
  if (!principals) return std::unexpected(std::move(principals.error()));
  statement.principals = std::move(*principals);
  auto actions = ReadTexts(value.Find("Action"), "Action");
  if (!actions) return std::unexpected(std::move(actions.error()));
  for (std::string& action : *actions) {
    std::ranges::transform(action, action.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (action != "*" && !action.starts_with("bedrock:")) {
      return Bad(fmt::format("the Action '{}' is none of bedrock.", action));
    }
  }
  statement.actions = std::move(*actions);
  auto resources = ReadTexts(value.Find("Resource"), "Resource");
  if (!resources) return std::unexpected(std::move(resources.error()));
  for (const std::string& resource : *resources) {
    if (MatchesPattern(resource, resource_arn)) continue;
    return Bad(
        fmt::format("the Resource '{}' is not {}, whose policy this is.", resource, resource_arn));
  }
  statement.resources = std::move(*resources);
  return statement;
}

bool IsMeant(const std::vector<std::string>& principals, const Caller& caller) {
  const std::string root = fmt::format("iam::{}:root", caller.account);
  const std::string_view own = WithoutPartition(caller.principal_arn);
  return std::ranges::any_of(principals, [&](const std::string& principal) {
    // The account, or its root, means everyone of it.
    if (principal == "*" || principal == caller.account) return true;
    const std::string_view arn = WithoutPartition(principal);
    return !arn.empty() && (arn == own || arn == root);
  });
}

}  // namespace

Result<std::vector<PolicyStatement>> ReadPolicy(std::string_view document,
                                                std::string_view resource_arn) {
  const auto value = json::Value::Parse(document);
  if (!value) return Bad(value.error().message);
  if (!value->is_object()) return Bad("it is no JSON object.");
  if (auto ok = CheckElements(*value, kDocumentElements); !ok) return std::unexpected(ok.error());
  const json::Value* version = value->Find("Version");
  const std::string* date = version == nullptr ? nullptr : version->AsString();
  const bool known = date != nullptr && std::ranges::find(kVersions, *date) != kVersions.end();
  if (version != nullptr && !known) {
    return Bad(fmt::format("the Version is {}, and must be \"2012-10-17\" or \"2008-10-17\".",
                           version->ToJson()));
  }
  const json::Value* statement = value->Find("Statement");
  if (statement == nullptr) return Bad("it has no Statement.");
  std::vector<PolicyStatement> statements;
  const json::Value::Array one = {*statement};
  for (const json::Value& item : statement->is_array() ? *statement->AsArray() : one) {
    auto read = ReadStatement(item, resource_arn);
    if (!read) return std::unexpected(std::move(read.error()));
    statements.push_back(std::move(*read));
  }
  if (statements.empty()) return Bad("its Statement is empty.");
  return statements;
}

Result<void> CheckPrincipals(const std::vector<PolicyStatement>& statements) {
  for (const PolicyStatement& statement : statements) {
    for (const std::string& principal : statement.principals) {
      if (principal == "*" || IsAccountId(principal) || IsPrincipalArn(principal)) continue;
      return BadPrincipal(principal);
    }
  }
  return {};
}

bool IsDeniedBy(const std::vector<PolicyStatement>& statements, const Caller& caller,
                std::string_view resource_arn) {
  std::string action = caller.action;
  std::ranges::transform(action, action.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::any_of(statements, [&](const PolicyStatement& statement) {
    const auto matches = [](std::string_view text) {
      return [text](const std::string& pattern) { return MatchesPattern(pattern, text); };
    };
    return statement.deny && IsMeant(statement.principals, caller) &&
           std::ranges::any_of(statement.actions, matches(action)) &&
           std::ranges::any_of(statement.resources, matches(resource_arn));
  });
}

Error DeniedByPolicy(const Caller& caller, std::string_view resource_arn) {
  return {.fault = Fault::kAccessDenied,
          .message = fmt::format("User: {} is not authorized to perform: {} on resource: {} with "
                                 "an explicit deny in a resource-based policy",
                                 caller.principal_arn, caller.action, resource_arn)};
}

}  // namespace bedplate::models
