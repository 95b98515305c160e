// Counts what an answer used, and tells it: in headers of an answer that is sent whole, and in the
// access log. No price known: no cost.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <string>

#include "models/directory.h"
#include "runtime/usage_ledger.h"
#include "wire/call.h"

namespace bedplate::services {

// Who is told of an answer's use.
struct Meter {
  const models::ModelDirectory& directory;
  runtime::UsageLedger& ledger;
};

// To be called when the answer is complete, and before it is sent where it is sent whole. `name` is
// what the caller named the model by, or what a prompt router named it by: use by an application
// inference profile is counted apart.
void Count(const Meter& meter, const wire::Call& call, const std::string& name,
           const models::Model& model, const runtime::TokenUsage& usage);

// The same for a call that answers again and again: each answer is counted when it is complete, and
// the log has their sum.
class RunningCount {
 public:
  // `meter`, `call` and `model` outlive this.
  RunningCount(const Meter& meter, const wire::Call& call, const std::string& name,
               const models::Model& model);
  void Add(const runtime::TokenUsage& usage);

 private:
  const Meter& meter_;
  const wire::Call& call_;
  const models::Model& model_;
  const std::string profile_arn_;
  const size_t notes_before_;  // of the call: those behind are this one's
  runtime::TokenUsage sum_{};
};

}  // namespace bedplate::services
