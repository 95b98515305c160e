#include "account/identity/holdings.h"

#include <algorithm>

namespace bedplate::account {

Result<void> AttachTo(Holder& holder, const AccountState& state, const std::string& arn,
                      std::string_view word) {
  constexpr size_t kAttachedMax = 10;
  if (FindPolicy(state, arn) == nullptr) {
    return NoSuchEntity(fmt::format("Policy {} does not exist or is not attachable.", arn));
  }
  if (std::ranges::find(holder.attached, arn) != holder.attached.end()) return {};
  std::string of(word);
  of.front() = static_cast<char>(of.front() - 'a' + 'A');
  if (auto room = CheckQuota(holder.attached.size(), kAttachedMax, "PoliciesPer" + of); !room) {
    return room;
  }
  holder.attached.push_back(arn);
  return {};
}

Result<void> DetachFrom(Holder& holder, const std::string& arn) {
  if (std::erase(holder.attached, arn) > 0) return {};
  return NoSuchEntity(fmt::format("Policy {} was not found.", arn));
}

Result<void> PutInlineIn(Holder& holder, const std::string& name, std::string document,
                         size_t size_max, std::string_view word) {
  size_t size = SizeWithoutBlanks(document);
  for (const auto& [other, text] : holder.inline_policies) {
    if (other != name) size += SizeWithoutBlanks(text.json);
  }
  if (size > size_max) {
    return LimitExceeded(fmt::format("Maximum policy size of {} bytes exceeded for {} {}", size_max,
                                     word, holder.name));
  }
  auto text = ReadPolicyText(std::move(document), policy::Kind::kIdentity, size_max, "PolicySize");
  if (!text) return std::unexpected(std::move(text.error()));
  holder.inline_policies[name] = std::move(*text);
  return {};
}

Result<const PolicyText*> FindInline(const Holder& holder, const std::string& name,
                                     std::string_view word) {
  const auto found = holder.inline_policies.find(name);
  if (found != holder.inline_policies.end()) return &found->second;
  return NoSuchEntity(fmt::format("The {} policy with name {} cannot be found.", word, name));
}

Result<void> DeleteInlineFrom(Holder& holder, const std::string& name, std::string_view word) {
  if (auto found = FindInline(holder, name, word); !found) return std::unexpected(found.error());
  holder.inline_policies.erase(name);
  return {};
}

}  // namespace bedplate::account
