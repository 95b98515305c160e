// Buckets of S3 as resources, for all that lies in them too: whose they are, their policy, and
// whether they are closed to the public.
//
// Threads: any; never blocks, but for the tags of objects.
// spec: S3 user guide, "How Amazon S3 authorizes a request", "Blocking public access", "Tagging and
// access control policies"
#pragma once

#include "account/authorization/resource_directory.h"
#include "account/objects/buckets.h"
#include "account/objects/local_store.h"

namespace bedplate::gateway {

class ResourceDirectories;

class BucketDirectory final : public account::ResourceDirectory {
 public:
  // Both outlive this. `store` knows the tags of objects; null: nobody does.
  explicit BucketDirectory(const account::objects::Buckets& buckets,
                           account::objects::LocalStore* store = nullptr)
      : buckets_(buckets), store_(store) {}

  Result<Resources> Find(const account::ResourceName& name) const override;

  void AddTo(ResourceDirectories& directories) const;

 private:
  Result<account::policy::Context> TagsOf(std::string_view arn, std::string_view version) const;

  const account::objects::Buckets& buckets_;
  account::objects::LocalStore* const store_;
};

}  // namespace bedplate::gateway
