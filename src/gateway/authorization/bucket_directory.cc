#include "gateway/authorization/bucket_directory.h"

#include "gateway/authorization/directories.h"

namespace bedplate::gateway {
namespace {

constexpr std::string_view kObjectArn = "arn:aws:s3:::";

}  // namespace

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
  if (store_ != nullptr) {
    resource.object_tags = [this](std::string_view arn, std::string_view version) {
      return TagsOf(arn, version);
    };
  }
  return Resources{std::move(resource)};
}

Result<account::policy::Context> BucketDirectory::TagsOf(std::string_view arn,
                                                         std::string_view version) const {
  account::policy::Context context;
  if (!arn.starts_with(kObjectArn)) return context;
  arn.remove_prefix(kObjectArn.size());
  const size_t slash = arn.find('/');
  if (slash == std::string_view::npos) return context;
  const auto found = store_->Find(std::string(arn.substr(0, slash)),
                                  std::string(arn.substr(slash + 1)), std::string(version));
  if (!found) {
    // What is not there has no tags; what cannot be read is nobody's to have.
    if (found.error().fault == Fault::kNotFound) return context;
    return std::unexpected(found.error());
  }
  const auto tags = account::objects::TagsOf(found->tags);
  if (!tags) return std::unexpected(tags.error());
  for (const auto& [key, value] : *tags) context.Set("s3:ExistingObjectTag/" + key, value);
  return context;
}

void BucketDirectory::AddTo(ResourceDirectories& directories) const {
  directories.Add("s3", *this);
}

}  // namespace bedplate::gateway
