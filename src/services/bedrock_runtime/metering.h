// Counts what an answer used, and tells it: in headers of an answer that is sent whole, and in the
// access log. No price known: no cost.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <string>

#include "models/directory.h"
#include "runtime/usage_ledger.h"
#include "wire/call.h"

namespace bedplate::services::bedrock_runtime {

// Who is told of an answer's use.
struct Meter {
  const models::ModelDirectory& directory;
  runtime::UsageLedger& ledger;
};

// `name` is what the caller named the model by, or what a prompt router named it by: use by an
// application inference profile is counted apart.
void Count(const Meter& meter, const wire::Call& call, const std::string& name,
           const models::Model& model, const runtime::ModelUse& use);

}  // namespace bedplate::services::bedrock_runtime
