// UsageStore: keeps what a UsageLedger counts in the state database, so that it survives a restart.
// No request waits for it: Save is called about once a second and at the end, so a server that is
// killed loses what was used since the last call.
//
// Errors: those of Database. Blocks on the disk. Threads: one at a time.
#pragma once

#include <utility>

#include "base/result.h"
#include "models/model_id.h"
#include "runtime/usage_ledger.h"
#include "state/usage_table.h"

namespace bedplate::runtime {

class UsageStore {
 public:
  // Both outlive this.
  UsageStore(state::Database& database, models::Scope scope, UsageLedger& ledger)
      : table_(database), scope_(std::move(scope)), ledger_(ledger) {}

  // Puts what was kept into the ledger. Called once, before anything is counted.
  Result<void> Restore();
  // Keeps what was counted since the last call. After a failure the next call keeps it too.
  Result<void> Save();

 private:
  state::UsageTable table_;
  const models::Scope scope_;
  UsageLedger& ledger_;
};

}  // namespace bedplate::runtime
