// Buckets of S3 as resources, for all that lies in them too: whose they are, their policy, and
// whether they are closed to the public.
//
// Threads: any; never blocks.
// spec: S3 user guide, "How Amazon S3 authorizes a request", "Blocking public access"
#pragma once

#include "account/authorization/resource_directory.h"
#include "account/objects/buckets.h"

namespace bedplate::gateway {

class ResourceDirectories;

class BucketDirectory final : public account::ResourceDirectory {
 public:
  // `buckets` outlives this.
  explicit BucketDirectory(const account::objects::Buckets& buckets) : buckets_(buckets) {}

  Result<Resources> Find(const account::ResourceName& name) const override;

  void AddTo(ResourceDirectories& directories) const;

 private:
  const account::objects::Buckets& buckets_;
};

}  // namespace bedplate::gateway
