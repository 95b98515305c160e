#include "account/policy/request.h"

#include <algorithm>

#include "account/policy/text.h"

namespace bedplate::account::policy {

void Context::Set(std::string key, std::string value) {
  SetAll(std::move(key), {std::move(value)});
}

void Context::SetAll(std::string key, Values values) {
  const auto same = [&](const auto& entry) { return EqualsIgnoringCase(entry.first, key); };
  const auto found = std::ranges::find_if(entries_, same);
  if (found != entries_.end()) {
    found->second = std::move(values);
  } else {
    entries_.emplace_back(std::move(key), std::move(values));
  }
}

const Context::Values* Context::Find(std::string_view key) const {
  for (const auto& [name, values] : entries_) {
    if (EqualsIgnoringCase(name, key)) return &values;
  }
  return nullptr;
}

const std::string* Context::FindSingle(std::string_view key) const {
  const Values* const values = Find(key);
  return values != nullptr && values->size() == 1 ? &values->front() : nullptr;
}

}  // namespace bedplate::account::policy
