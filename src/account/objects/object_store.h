// ObjectStore: objects as the rest of Bedplate reads and writes them (what jobs take in and give
// out), wherever they lie: in this server's own buckets (local_objects.h) or at any server that
// speaks S3 (services/s3/upstream). Each holds a piece of an object at a time, however large it is.
//
// Errors: S3's names in Error::type (NoSuchKey, NoSuchBucket, AccessDenied); kNotFound,
// kAccessDenied, kConflict for what was changed while it was read, kUnavailable for what may work
// later. Who may do what is decided before.
//
// Threads: a store serves any; a source or sink serves one at a time. Calls block on the disk or
// the network: run them on net::BlockingPool, never on a reactor. What a store gives is destroyed
// before the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::account::objects {

struct ObjectFacts {
  uint64_t size_bytes = 0;
  std::string etag{};  // without quotation marks
  int64_t modified_at_ms = 0;
  std::string content_type{};
};

struct ObjectEntry {
  std::string key{};
  uint64_t size_bytes = 0;
  std::string etag{};  // without quotation marks
  int64_t modified_at_ms = 0;
};

struct ObjectPage {
  std::vector<ObjectEntry> entries;  // in the order of their keys' bytes
  bool more = false;                 // behind the last of them
};

// An object that is read from its begin to its end.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  virtual const ObjectFacts& facts() const = 0;
  // Appends the next bytes, at least one and at most `size_max`; none at the end.
  virtual Result<void> Read(std::string& out, size_t size_max) = 0;
};

// An object on its way: nothing is there, or what was there before, until Finish has succeeded. One
// that is destroyed earlier leaves nothing.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  virtual Result<void> Append(std::string_view bytes) = 0;
  // Once. Durable when it returns.
  virtual Result<void> Finish() = 0;
};

class ObjectStore {
 public:
  static constexpr size_t kPageMax = 1000;

  virtual ~ObjectStore() = default;
  virtual Result<ObjectFacts> Look(const std::string& bucket, const std::string& key) = 0;
  virtual Result<std::unique_ptr<ObjectSource>> Read(const std::string& bucket,
                                                     const std::string& key) = 0;
  virtual Result<std::unique_ptr<ObjectSink>> Write(const std::string& bucket,
                                                    const std::string& key,
                                                    const std::string& content_type) = 0;
  // Keys that begin with `prefix` and are behind `after` (empty: from the first), `most` of them,
  // at most kPageMax.
  virtual Result<ObjectPage> List(const std::string& bucket, const std::string& prefix,
                                  const std::string& after, size_t most) = 0;
  // Succeeds where there is none, too.
  virtual Result<void> Delete(const std::string& bucket, const std::string& key) = 0;
};

}  // namespace bedplate::account::objects
