// s3: from wire types to objects and back, one file for each operation or tight group of them.
//
// Threads: as gen::s3::Handler.
#pragma once

#include <string>

#include "account/identity/identities.h"
#include "account/identity/identity_store.h"
#include "account/objects/local_store.h"
#include "account/objects/uploads.h"
#include "net/blocking_pool.h"
#include "s3/handler.h"

namespace bedplate::services::s3 {

namespace gen = ::bedplate::gen::s3;
namespace objects = ::bedplate::account::objects;

class S3 final : public gen::Handler {
 public:
  // All outlive this. `pool` is for work that waits for the disk; `identities` know who signed a
  // form.
  S3(objects::LocalStore& store, objects::Uploads& uploads, net::BlockingPool& pool,
     const account::Identities& identities, const account::IdentityStore& world)
      : store_(store), uploads_(uploads), pool_(pool), identities_(identities), world_(world) {}

  net::Task<Result<gen::AbortMultipartUploadOutput>> AbortMultipartUpload(
      const wire::Call& call, gen::AbortMultipartUploadRequest input) override;
  net::Task<Result<gen::CompleteMultipartUploadOutput>> CompleteMultipartUpload(
      const wire::Call& call, gen::CompleteMultipartUploadRequest input) override;
  net::Task<Result<gen::CopyObjectOutput>> CopyObject(const wire::Call& call,
                                                      gen::CopyObjectRequest input) override;
  net::Task<Result<gen::CreateBucketOutput>> CreateBucket(const wire::Call& call,
                                                          gen::CreateBucketRequest input) override;
  net::Task<Result<gen::CreateMultipartUploadOutput>> CreateMultipartUpload(
      const wire::Call& call, gen::CreateMultipartUploadRequest input) override;
  net::Task<Result<void>> DeleteBucket(const wire::Call& call,
                                       gen::DeleteBucketRequest input) override;
  net::Task<Result<void>> DeleteBucketCors(const wire::Call& call,
                                           gen::DeleteBucketCorsRequest input) override;
  net::Task<Result<void>> DeleteBucketEncryption(const wire::Call& call,
                                                 gen::DeleteBucketEncryptionRequest input) override;
  net::Task<Result<void>> DeleteBucketLifecycle(const wire::Call& call,
                                                gen::DeleteBucketLifecycleRequest input) override;
  net::Task<Result<void>> DeleteBucketPolicy(const wire::Call& call,
                                             gen::DeleteBucketPolicyRequest input) override;
  net::Task<Result<void>> DeleteBucketTagging(const wire::Call& call,
                                              gen::DeleteBucketTaggingRequest input) override;
  net::Task<Result<gen::DeleteObjectOutput>> DeleteObject(const wire::Call& call,
                                                          gen::DeleteObjectRequest input) override;
  net::Task<Result<gen::DeleteObjectTaggingOutput>> DeleteObjectTagging(
      const wire::Call& call, gen::DeleteObjectTaggingRequest input) override;
  net::Task<Result<gen::DeleteObjectsOutput>> DeleteObjects(
      const wire::Call& call, gen::DeleteObjectsRequest input) override;
  net::Task<Result<void>> DeletePublicAccessBlock(
      const wire::Call& call, gen::DeletePublicAccessBlockRequest input) override;
  net::Task<Result<gen::GetBucketAclOutput>> GetBucketAcl(const wire::Call& call,
                                                          gen::GetBucketAclRequest input) override;
  net::Task<Result<gen::GetBucketCorsOutput>> GetBucketCors(
      const wire::Call& call, gen::GetBucketCorsRequest input) override;
  net::Task<Result<gen::GetBucketEncryptionOutput>> GetBucketEncryption(
      const wire::Call& call, gen::GetBucketEncryptionRequest input) override;
  net::Task<Result<gen::GetBucketLifecycleConfigurationOutput>> GetBucketLifecycleConfiguration(
      const wire::Call& call, gen::GetBucketLifecycleConfigurationRequest input) override;
  net::Task<Result<gen::GetBucketLocationOutput>> GetBucketLocation(
      const wire::Call& call, gen::GetBucketLocationRequest input) override;
  net::Task<Result<gen::GetBucketOwnershipControlsOutput>> GetBucketOwnershipControls(
      const wire::Call& call, gen::GetBucketOwnershipControlsRequest input) override;
  net::Task<Result<gen::GetBucketPolicyOutput>> GetBucketPolicy(
      const wire::Call& call, gen::GetBucketPolicyRequest input) override;
  net::Task<Result<gen::GetBucketPolicyStatusOutput>> GetBucketPolicyStatus(
      const wire::Call& call, gen::GetBucketPolicyStatusRequest input) override;
  net::Task<Result<gen::GetBucketTaggingOutput>> GetBucketTagging(
      const wire::Call& call, gen::GetBucketTaggingRequest input) override;
  net::Task<Result<gen::GetBucketVersioningOutput>> GetBucketVersioning(
      const wire::Call& call, gen::GetBucketVersioningRequest input) override;
  net::Task<Result<void>> GetObject(const wire::Call& call, gen::GetObjectRequest input,
                                    gen::GetObjectSink& sink) override;
  net::Task<Result<gen::GetObjectAclOutput>> GetObjectAcl(const wire::Call& call,
                                                          gen::GetObjectAclRequest input) override;
  net::Task<Result<gen::GetObjectAttributesOutput>> GetObjectAttributes(
      const wire::Call& call, gen::GetObjectAttributesRequest input) override;
  net::Task<Result<gen::GetObjectTaggingOutput>> GetObjectTagging(
      const wire::Call& call, gen::GetObjectTaggingRequest input) override;
  net::Task<Result<gen::GetPublicAccessBlockOutput>> GetPublicAccessBlock(
      const wire::Call& call, gen::GetPublicAccessBlockRequest input) override;
  net::Task<Result<gen::HeadBucketOutput>> HeadBucket(const wire::Call& call,
                                                      gen::HeadBucketRequest input) override;
  net::Task<Result<gen::HeadObjectOutput>> HeadObject(const wire::Call& call,
                                                      gen::HeadObjectRequest input) override;
  net::Task<Result<gen::ListBucketsOutput>> ListBuckets(const wire::Call& call,
                                                        gen::ListBucketsRequest input) override;
  net::Task<Result<gen::ListMultipartUploadsOutput>> ListMultipartUploads(
      const wire::Call& call, gen::ListMultipartUploadsRequest input) override;
  net::Task<Result<gen::ListObjectVersionsOutput>> ListObjectVersions(
      const wire::Call& call, gen::ListObjectVersionsRequest input) override;
  net::Task<Result<gen::ListObjectsOutput>> ListObjects(const wire::Call& call,
                                                        gen::ListObjectsRequest input) override;
  net::Task<Result<gen::ListObjectsV2Output>> ListObjectsV2(
      const wire::Call& call, gen::ListObjectsV2Request input) override;
  net::Task<Result<gen::ListPartsOutput>> ListParts(const wire::Call& call,
                                                    gen::ListPartsRequest input) override;
  net::Task<Result<gen::PostObjectOutput>> PostObject(const wire::Call& call,
                                                      gen::PostObjectRequest input,
                                                      wire::BodySource& body) override;
  net::Task<Result<void>> PutBucketAcl(const wire::Call& call,
                                       gen::PutBucketAclRequest input) override;
  net::Task<Result<void>> PutBucketCors(const wire::Call& call,
                                        gen::PutBucketCorsRequest input) override;
  net::Task<Result<void>> PutBucketEncryption(const wire::Call& call,
                                              gen::PutBucketEncryptionRequest input) override;
  net::Task<Result<gen::PutBucketLifecycleConfigurationOutput>> PutBucketLifecycleConfiguration(
      const wire::Call& call, gen::PutBucketLifecycleConfigurationRequest input) override;
  net::Task<Result<void>> PutBucketOwnershipControls(
      const wire::Call& call, gen::PutBucketOwnershipControlsRequest input) override;
  net::Task<Result<void>> PutBucketPolicy(const wire::Call& call,
                                          gen::PutBucketPolicyRequest input) override;
  net::Task<Result<void>> PutBucketTagging(const wire::Call& call,
                                           gen::PutBucketTaggingRequest input) override;
  net::Task<Result<void>> PutBucketVersioning(const wire::Call& call,
                                              gen::PutBucketVersioningRequest input) override;
  net::Task<Result<gen::PutObjectOutput>> PutObject(const wire::Call& call,
                                                    gen::PutObjectRequest input,
                                                    wire::BodySource& body) override;
  net::Task<Result<gen::PutObjectAclOutput>> PutObjectAcl(const wire::Call& call,
                                                          gen::PutObjectAclRequest input) override;
  net::Task<Result<gen::PutObjectTaggingOutput>> PutObjectTagging(
      const wire::Call& call, gen::PutObjectTaggingRequest input) override;
  net::Task<Result<void>> PutPublicAccessBlock(const wire::Call& call,
                                               gen::PutPublicAccessBlockRequest input) override;
  net::Task<Result<gen::UploadPartOutput>> UploadPart(const wire::Call& call,
                                                      gen::UploadPartRequest input,
                                                      wire::BodySource& body) override;
  net::Task<Result<gen::UploadPartCopyOutput>> UploadPartCopy(
      const wire::Call& call, gen::UploadPartCopyRequest input) override;

 private:
  objects::LocalStore& store_;
  objects::Uploads& uploads_;
  net::BlockingPool& pool_;
  const account::Identities& identities_;
  const account::IdentityStore& world_;
};

}  // namespace bedplate::services::s3
