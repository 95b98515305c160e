#include "wire/xml/s3_roots.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bedplate::wire {
namespace {

constexpr std::pair<std::string_view, std::string_view> kRoots[] = {
    {"CompleteMultipartUploadOutput", "CompleteMultipartUploadResult"},
    {"CreateMultipartUploadOutput", "InitiateMultipartUploadResult"},
    {"DeleteObjectsOutput", "DeleteResult"},
    {"GetBucketAclOutput", "AccessControlPolicy"},
    {"GetBucketCorsOutput", "CORSConfiguration"},
    {"GetBucketLifecycleConfigurationOutput", "LifecycleConfiguration"},
    {"GetBucketTaggingOutput", "Tagging"},
    {"GetBucketVersioningOutput", "VersioningConfiguration"},
    {"GetObjectAclOutput", "AccessControlPolicy"},
    {"GetObjectAttributesOutput", "GetObjectAttributesResponse"},
    {"GetObjectTaggingOutput", "Tagging"},
    {"ListBucketsOutput", "ListAllMyBucketsResult"},
    {"ListMultipartUploadsOutput", "ListMultipartUploadsResult"},
    {"ListObjectVersionsOutput", "ListVersionsResult"},
    {"ListObjectsOutput", "ListBucketResult"},
    {"ListObjectsV2Output", "ListBucketResult"},
    {"ListPartsOutput", "ListPartsResult"},
};

}  // namespace

std::string_view S3RootOf(std::string_view shape) {
  const auto* const found =
      std::ranges::find(kRoots, shape, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kRoots) ? std::string_view() : found->second;
}

}  // namespace bedplate::wire
