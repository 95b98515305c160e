// LocalObjects: the objects of this server's own buckets, for the rest of Bedplate.
//
// What is written is encrypted as its bucket says. Errors and threads: as ObjectStore.
#pragma once

#include "account/objects/local_store.h"
#include "account/objects/object_store.h"

namespace bedplate::account::objects {

class LocalObjects final : public ObjectStore {
 public:
  // `store` outlives this.
  explicit LocalObjects(LocalStore& store) : store_(store) {}

  Result<ObjectFacts> Look(const std::string& bucket, const std::string& key) override;
  Result<std::unique_ptr<ObjectSource>> Read(const std::string& bucket,
                                             const std::string& key) override;
  Result<std::unique_ptr<ObjectSink>> Write(const std::string& bucket, const std::string& key,
                                            const std::string& content_type) override;
  Result<ObjectPage> List(const std::string& bucket, const std::string& prefix,
                          const std::string& after, size_t most) override;
  Result<void> Delete(const std::string& bucket, const std::string& key) override;

 private:
  LocalStore& store_;
};

}  // namespace bedplate::account::objects
