#include "base/arn.h"

#include <algorithm>
#include <cstddef>

namespace bedplate {
namespace {

bool HasName(std::string_view resource, std::string_view kind) {
  return resource.starts_with(kind) && resource.size() > kind.size() && !resource.ends_with('/');
}

bool IsSession(std::string_view resource) {
  if (HasName(resource, "federated-user/")) return true;
  // assumed-role/ROLE/SESSION
  if (TakePart(resource, '/') != "assumed-role") return false;
  const std::string_view role = TakePart(resource, '/');
  return !role.empty() && !resource.empty() && !resource.contains('/');
}

}  // namespace

std::string_view TakePart(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool IsAccountId(std::string_view text) {
  constexpr size_t kDigits = 12;
  return text.size() == kDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view PartitionOfPrincipal(std::string_view arn) {
  const bool plain =
      std::ranges::all_of(arn, [](char c) { return c > ' ' && c <= '~' && c != '*' && c != '?'; });
  if (!plain || TakePart(arn, ':') != "arn") return {};
  const std::string_view partition = TakePart(arn, ':');
  const std::string_view service = TakePart(arn, ':');
  const std::string_view region = TakePart(arn, ':');
  const std::string_view account = TakePart(arn, ':');
  if (!region.empty() || !IsAccountId(account)) return {};
  const bool known = service == "iam"
                         ? arn == "root" || HasName(arn, "user/") || HasName(arn, "role/")
                         : service == "sts" && IsSession(arn);
  return known ? partition : std::string_view();
}

}  // namespace bedplate
