// What the operations of KMS have in common: who asks, dry runs, pages, times.
//
// Errors are KMS's. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/keys/key_name.h"
#include "account/policy/request.h"
#include "base/result.h"
#include "wire/call.h"
#include "wire/types.h"

namespace bedplate::services::kms {

account::keys::Scope ScopeOf(const wire::Call& call);
// As policies see the caller.
account::policy::Identity IdentityOf(const wire::Call& call);

// What a dry run ends with when all would have been well.
std::unexpected<Error> DryRunDone();

// For a Recipient: there is no enclave that could be attested.
std::unexpected<Error> NoRecipient();

// `ms`: since the Unix epoch.
wire::Timestamp ToTimestamp(int64_t ms);

// Pages are told apart by the last item's name. InvalidMarkerException.
std::string WriteMarker(std::string_view name);
Result<std::string> ReadMarker(const wire::Opt<std::string>& marker);

struct PageLimit {
  int32_t standard = 0;  // where the request says none
  int32_t most = 0;
};
// How many items are wanted: ValidationException.
Result<size_t> ReadLimit(const wire::Opt<int32_t>& limit, PageLimit bounds);

// `items` has one more than `most` when there is another page, which goes then.
template <class Response, class Item, class Name>
void EndPage(Response& response, std::vector<Item>& items, size_t most, Name name) {
  response.Truncated = items.size() > most;
  if (items.size() <= most) return;
  items.resize(most);
  response.NextMarker = WriteMarker(name(items.back()));
}

template <class E>
std::vector<wire::OpenEnum<E>> ToEnums(std::span<const std::string_view> names) {
  std::vector<wire::OpenEnum<E>> list;
  for (const std::string_view name : names) list.push_back(wire::OpenEnum<E>::FromText(name));
  return list;
}

// A member that may be absent, or what stands for it.
template <class T>
const T& OrEmpty(const wire::Opt<T>& member) {
  return *member;  // an absent one is T{}
}

inline bool IsDryRun(const wire::Opt<bool>& dry_run) { return dry_run && *dry_run; }

}  // namespace bedplate::services::kms
