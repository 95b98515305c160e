// The identities of all accounts: held in memory, kept in the database. A change is written first,
// then shown to all, then acknowledged; so no request that begins after the acknowledgement is
// judged by what was before.
//
// Threads: any. What says that it blocks waits for the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/identity/draft.h"
#include "account/identity/identity_view.h"
#include "account/identity/seal.h"
#include "base/clock.h"
#include "base/result.h"
#include "state/identity_table.h"

namespace bedplate::state {
class Database;
}

namespace bedplate::account {

// When a key or role was used last.
struct LastUse {
  int64_t used_at_ms = 0;
  std::string service{};
  std::string region{};
};

class IdentityStore {
 public:
  // Keeps nothing. `clock` outlives the store.
  IdentityStore(const RootCredentials& first, Sealer sealer, const Clock& clock);
  // With what `database` holds; it outlives the store. `first` is the account of the data folder's
  // own credentials. Blocks. kInternal when secrets were sealed with another key.
  static Result<std::unique_ptr<IdentityStore>> Open(state::Database& database,
                                                     const RootCredentials& first, Sealer sealer,
                                                     const Clock& clock);

  // What is true now. Never waits for the disk.
  std::shared_ptr<const Snapshot> Current() const { return Held().snapshot; }
  // Null when there is no such account.
  std::shared_ptr<const AccountState> Account(std::string_view account) const;
  std::shared_ptr<const AccountView> View(std::string_view account) const;
  // The role of an ARN, and its account's state; null when there is none.
  std::shared_ptr<const Role> FindRole(std::string_view arn) const;
  // A principal with the permissions of a role, for a service that acts for the role's account.
  // kAccessDenied unless the role's trust lets `service` ("bedrock.amazonaws.com") assume it;
  // `context` has what is known of the request (aws:SourceAccount, aws:SourceArn).
  Result<PrincipalPtr> RolePrincipal(std::string_view role_arn, std::string_view session,
                                     std::string_view service, policy::Context context) const;

  // Does `work` on a draft of the account and, when it succeeds, makes that true. One change at a
  // time; blocks. kNotFound when there is no such account.
  template <class Work>
  auto Change(std::string_view account, Work work) -> std::invoke_result_t<Work, Draft&>;

  // To be called about once a second: takes up what other processes changed, and writes when keys
  // were used. Block.
  Result<void> ReloadIfChanged();
  Result<void> KeepUses();

  void NoteUse(std::string_view account, std::string_view id, LastUse use) const;
  // With what is not written yet.
  std::optional<LastUse> FindLastUse(std::string_view account, std::string_view id) const;

  const Sealer& sealer() const { return sealer_; }
  const Clock& clock() const { return clock_; }

  // What a thread holds of the store. Good until the thread's next call.
  struct Holding {
    uint64_t store = 0;
    uint64_t version = 0;
    std::shared_ptr<const Snapshot> snapshot{};
  };
  const Holding& Held() const;

 private:
  Result<void> Apply(std::string_view account, const std::function<Result<void>(Draft&)>& work);
  Result<void> Load();
  void Publish(std::shared_ptr<const Snapshot> snapshot);

  const uint64_t id_;
  const RootCredentials first_;
  const Sealer sealer_;
  const Clock& clock_;
  std::optional<state::IdentityTable> table_;
  std::mutex changing_;  // held while the database is written
  int64_t revision_ = 0;

  mutable std::mutex publishing_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<uint64_t> version_ = 1;

  mutable std::mutex using_;
  mutable std::map<std::pair<std::string, std::string>, LastUse> uses_;
  mutable std::map<std::pair<std::string, std::string>, LastUse> unwritten_;
};

template <class Work>
auto IdentityStore::Change(std::string_view account, Work work)
    -> std::invoke_result_t<Work, Draft&> {
  using Returned = std::invoke_result_t<Work, Draft&>;
  std::optional<Returned> returned;
  const auto applied = Apply(account, [&](Draft& draft) -> Result<void> {
    returned.emplace(work(draft));
    if (*returned) return {};
    return std::unexpected(returned->error());
  });
  if (!applied) return std::unexpected(applied.error());
  return std::move(*returned);
}

}  // namespace bedplate::account
