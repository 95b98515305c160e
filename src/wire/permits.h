// What callers must be allowed: the rules of an operation as codegen/ makes them of
// api/authorization, and what is asked by them.
//
// Threads: rules are constant data; a Permission lives on the reactor thread of its request.
// spec: the AWS service authorization reference
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/task.h"

namespace bedplate::wire {

// A condition key and where its values come from: from a member of the input, else from `text`;
// with both it is `text` where the member is set. Several of one key hold their values together.
struct PermitKey {
  // "s3:prefix". One that ends with '*' ("aws:RequestTag/*") stands for a key of each entry of a
  // map, or of each structure of a key and a value; any other key has the keys of such.
  std::string_view key{};
  std::string_view path{};  // "Prefix", "Tagging.TagSet"
  std::string_view text{};  // with {places} as PermitRule::arn; without any it is the value
  bool form = false;        // what `path` holds is "a=1&b=2"
};

struct PermitRule {
  std::string_view action{};  // "s3:GetObject"
  // The ARN of the resource with {places}: {region}, {account} and {username} of the caller,
  // {name}, or a path into the input, {Path|/} with what is meant without it; or "*". What is named
  // by an ARN has that one. A directory may know better.
  std::string_view arn{};
  std::string_view directory{};  // who knows the resource; empty: nobody
  std::string_view name{};       // the member that names it; each of its texts is asked for
  // Only where this member is set (and has this text), or is not.
  std::string_view when{};
  std::string_view when_value{};
  std::string_view unless{};
  std::string_view unless_value{};
  std::span<const PermitKey> keys{};
  bool own = false;  // without a name it is the caller itself
};

struct Permits {
  std::span<const PermitRule> rules{};  // all must be allowed
  bool by_handler = false;  // nothing is asked unless the handler does, by Call::permission
};

using AskContext = std::vector<std::pair<std::string, std::vector<std::string>>>;

// One thing that a caller may or may not do.
struct Ask {
  std::string action{};
  std::string directory{};  // as PermitRule has it
  std::string name{};       // of the resource, in its directory
  std::string arn{};        // of the resource; empty: as the directory says
  AskContext context{};
  // The service that asks for the caller ("s3" decrypts an object with the caller's key); or empty.
  std::string via{};
};

// Who a rule's places stand for.
struct CallerNames {
  std::string account{};
  std::string region{};
  std::string username{};  // empty for one who is no user
};

// Answers for one request whether its caller may. All failures of checks are kAccessDenied in IAM's
// words, and faults of looking resources up.
class Permission {
 public:
  virtual ~Permission() = default;

  virtual const CallerNames& caller() const = 0;
  // Nothing when the answer has to be waited for: then Check.
  virtual std::optional<Result<void>> TryCheck(const Ask& ask) = 0;
  virtual net::Task<Result<void>> Check(Ask ask) = 0;
  // As Check, on this thread: it may wait there where the resource's directory reads the disk. A
  // resource that was looked up for this request is known.
  virtual Result<void> CheckHere(const Ask& ask) = 0;

  // For a request that proves inside of its body who sends it: the permission of that one, the
  // gateway's account::Principal. What is asked of it has been asked of this one too, which
  // outlives it.
  virtual std::unique_ptr<Permission> As(std::shared_ptr<const void> principal) = 0;

  // Whether all that was to be asked has been: nothing is sent as a success before.
  bool asked() const { return asked_; }
  void NoteAsked() { asked_ = true; }

 private:
  bool asked_ = false;
};

}  // namespace bedplate::wire
