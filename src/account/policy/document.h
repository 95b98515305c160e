// A policy document, read into what evaluation works with. Nothing is kept that evaluation does
// not look at, and nothing is dropped in silence: what this server cannot evaluate is refused.
//
// Threads: plain values; ReadDocument is a pure function.
// spec: IAM user guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy
// language"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/pattern.h"
#include "base/result.h"

namespace bedplate::account::policy {

// Where a document stands, which decides what its statements must and must not say.
enum class Kind : uint8_t {
  kIdentity,  // of a user, group or role; a permissions boundary; a session policy: no Principal
  kTrust,     // of a role, who may assume it: a Principal, no Resource
  kResource,  // of a bucket, key or other resource: a Principal
};

struct Principals {
  bool everyone = false;  // "*", {"AWS": "*"}
  // ARNs and account numbers as they are matched: an account is the ARN of its root.
  std::vector<std::string> aws{};
  std::vector<std::string> services{};         // "bedrock.amazonaws.com"
  std::vector<std::string> federated{};        // the ARNs of providers, hosts of those without one
  std::vector<std::string> canonical_users{};  // accounts, as S3 names them
};

enum class Comparison : uint8_t {
  kStringEquals,
  kStringEqualsIgnoreCase,
  kStringLike,
  kNumericEquals,
  kNumericLessThan,
  kNumericLessThanEquals,
  kNumericGreaterThan,
  kNumericGreaterThanEquals,
  kDateEquals,
  kDateLessThan,
  kDateLessThanEquals,
  kDateGreaterThan,
  kDateGreaterThanEquals,
  kBool,
  kBinaryEquals,
  kIpAddress,
  kArnLike,  // ArnEquals too: they are the same
  kNull,
};

enum class Quantifier : uint8_t { kNone, kForAllValues, kForAnyValue };

// One key of a Condition: met when any of `values` compares, or, negated, when none does.
struct ConditionTest {
  Comparison comparison = Comparison::kStringEquals;
  bool negated = false;
  bool if_exists = false;
  Quantifier quantifier = Quantifier::kNone;
  std::string key{};  // as written; keys are compared without case
  std::vector<Pattern> values{};
};

// Bytes of the document's text, [begin, end).
struct Extent {
  size_t begin = 0;
  size_t end = 0;
};

struct Statement {
  std::string sid{};
  bool deny = false;
  std::optional<Principals> principals{};
  bool not_principals = false;     // with Deny only
  std::vector<Pattern> actions{};  // without case
  bool not_actions = false;
  uint64_t services = ~uint64_t{0};  // those that `actions` may name, a ServiceBit each
  std::vector<Pattern> resources{};  // empty: the one resource that the document belongs to
  bool not_resources = false;
  std::vector<ConditionTest> conditions{};
  Extent extent{};
};

struct Document {
  std::string version{};  // "2012-10-17" or "2008-10-17"; the latter has no variables
  std::string id{};
  std::vector<Statement> statements{};
  // Whether a condition or a variable is of a tag that an object of S3 has: the others need not be
  // looked up.
  bool asks_object_tags = false;
};

// kValidation in IAM's own words for what is malformed; services put their own error's name to it
// (MalformedPolicyDocument, MalformedPolicy). How long a document may be is the caller's to check.
Result<Document> ReadDocument(std::string_view text, Kind kind);

}  // namespace bedplate::account::policy
