#include "account/policy/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "account/policy/principal.h"
#include "account/policy/text.h"
#include "base/arn.h"

namespace bedplate::account::policy {
namespace {

bool IsVendorCharacter(char c) { return IsAlphanumeric(c) || c == '-' || c == '.'; }

bool IsActionCharacter(char c) { return IsVendorCharacter(c) || c == '_' || c == '*' || c == '?'; }

// "bedrock.amazonaws.com": a host of at least three labels, in small letters.
bool IsService(std::string_view entry) {
  const bool plain = std::ranges::all_of(entry, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return plain && std::ranges::count(entry, '.') >= 2 && !entry.starts_with('.') &&
         !entry.ends_with('.') && !entry.contains("..");
}

bool IsProvider(std::string_view entry) {
  return !entry.empty() && std::ranges::all_of(entry, [](char c) {
    return c > ' ' && c <= '~' && c != '*' && c != '?';
  });
}

bool IsCanonicalUser(std::string_view entry) {
  constexpr size_t kDigits = 64;
  return entry.size() == kDigits && std::ranges::all_of(entry, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::unexpected<Error> Malformed(std::string why) {
  return Fail(Fault::kValidation, std::move(why));
}

std::unexpected<Error> BadSyntax(std::string_view why) {
  return Malformed(fmt::format("Syntax errors in policy. {}", why));
}

Result<void> CheckAction(std::string_view action, Kind kind) {
  const size_t colon = action.find(':');
  const std::string_view vendor = action.substr(0, colon);
  if (kind == Kind::kTrust && !EqualsIgnoringCase(vendor, "sts")) {
    return Malformed(fmt::format(
        "AssumeRole policy may only specify STS AssumeRole actions. '{}' is none.", action));
  }
  if (action == "*") return {};
  if (colon == std::string_view::npos || vendor.empty()) {
    return Malformed(fmt::format(
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. The action is "
        "'{}'.",
        action));
  }
  const std::string_view name = action.substr(colon + 1);
  if (name.contains(':')) {
    return Malformed(
        fmt::format("Actions/Condition can contain only one colon. The action is '{}'.", action));
  }
  if (vendor != "*" && !std::ranges::all_of(vendor, IsVendorCharacter)) {
    return Malformed(fmt::format("Vendor {} is not valid", vendor));
  }
  if (name.empty() || !std::ranges::all_of(name, IsActionCharacter)) {
    return BadSyntax(fmt::format("The action '{}' is malformed.", action));
  }
  return {};
}

Result<void> CheckResource(std::string_view resource) {
  constexpr std::ptrdiff_t kArnColons = 5;
  if (resource == "*") return {};
  std::string_view rest = resource;
  if (TakePart(rest, ':') != "arn" || rest.empty()) {
    return Malformed(fmt::format("Resource {} must be in ARN format or \"*\".", resource));
  }
  const std::string_view partition = TakePart(rest, ':');
  if (partition != "*" && !partition.starts_with("aws")) {
    return Malformed(
        fmt::format("Partition \"{}\" is not valid for resource \"{}\".", partition, resource));
  }
  if (const std::string_view vendor = TakePart(rest, ':');
      vendor.empty() || !std::ranges::all_of(vendor, IsVendorCharacter)) {
    return Malformed(fmt::format(
        "Resource vendor must be fully qualified and cannot contain regexes. The resource is '{}'.",
        resource));
  }
  if (std::ranges::count(resource, ':') < kArnColons && !resource.ends_with('*')) {
    return Malformed(fmt::format(
        "The policy failed legacy parsing. The resource '{}' has too few parts for an ARN.",
        resource));
  }
  return {};
}

bool AddPrincipal(Principals& principals, std::string_view type, std::string_view entry) {
  if (type == "AWS" && entry == "*") {
    principals.everyone = true;
  } else if (type == "AWS") {
    auto read = ReadAwsPrincipal(entry);
    if (!read) return false;
    principals.aws.push_back(std::move(*read));
  } else if (type == "Service" && IsService(entry)) {
    principals.services.emplace_back(entry);
  } else if (type == "Federated" && IsProvider(entry)) {
    principals.federated.emplace_back(entry);
  } else if (type == "CanonicalUser" && IsCanonicalUser(entry)) {
    principals.canonical_users.emplace_back(entry);
  } else {
    return false;
  }
  return true;
}

std::string InvalidPrincipal(std::string_view type, std::string_view entry) {
  std::string name(type);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return fmt::format("Invalid principal in policy: \"{}\":\"{}\"", name, entry);
}

}  // namespace bedplate::account::policy
