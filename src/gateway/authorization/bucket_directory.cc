#include "gateway/authorization/bucket_directory.h"

#include "gateway/authorization/directories.h"

namespace bedplate::gateway {

Result<account::ResourceDirectory::Resources> BucketDirectory::Find(
    const account::ResourceName& name) const {
  const auto bucket = buckets_.Find(name.name);
  if (bucket == nullptr) return Resources{};
  account::Resource resource{.account = bucket->account, .policy = bucket->policy};
  if (bucket->public_policy && bucket->public_access_block.restrict_public_buckets) {
    resource.blocked = [owner = bucket->account](const account::policy::Request& request) {
      return request.identity.account != owner && request.identity.service.empty();
    };
  }
  return Resources{std::move(resource)};
}

void BucketDirectory::AddTo(ResourceDirectories& directories) const {
  directories.Add("s3", *this);
}

}  // namespace bedplate::gateway
