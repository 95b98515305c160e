// A grant: it lets a principal use a key for some operations, within constraints.
//
// Threads: plain values, pure functions.
// spec: KMS developer guide, "Grants in AWS KMS"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/grant_table.h"

namespace bedplate::account::keys {

// Sorted by bytes: the same pairs are the same context.
using EncryptionContext = std::map<std::string, std::string>;

struct Grant {
  std::string id{};
  std::string name{};                     // or empty
  std::string grantee{};                  // the ARN of a principal; empty for a service
  std::string grantee_service{};          // "bedrock.amazonaws.com", or empty
  std::string retiring{};                 // or empty
  std::string retiring_service{};         // or empty
  std::vector<std::string> operations{};  // "Encrypt", ...
  std::optional<EncryptionContext> context_equals{};
  std::optional<EncryptionContext> context_subset{};
  std::string source_arn{};  // or empty
  std::string issuing_account{};
  std::string key_arn{};
  int64_t created_at_ms = 0;  // since the Unix epoch
};

// Whether it allows an operation ("Decrypt", "ReEncryptFrom") with the context of the request; null
// for an operation without one, which constraints of the context do not hold. Who asks, and for
// which source, is looked at by the caller.
bool GrantAllows(const Grant& grant, std::string_view operation, const EncryptionContext* context);

// Whether a principal of a grant is the caller with this ARN: itself, or the role of its session.
bool IsPrincipal(std::string_view of_grant, std::string_view caller_arn);

state::GrantRow ToRow(const Grant& grant);
Grant FromRow(const state::GrantRow& row, std::string key_arn);

}  // namespace bedplate::account::keys
