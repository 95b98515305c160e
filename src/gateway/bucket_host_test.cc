#include "gateway/bucket_host.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bedplate::gateway {
namespace {

const std::vector<std::string> kHosts = {"s3.localhost", "s3.us-east-1.localhost"};

TEST(BucketOfHostTest, IsWhatStandsBeforeTheHost) {
  EXPECT_EQ(BucketOfHost("plans.s3.localhost:4600", kHosts), "plans");
  EXPECT_EQ(BucketOfHost("plans.s3.us-east-1.localhost", kHosts), "plans");
  EXPECT_EQ(BucketOfHost("a.b.c.S3.LocalHost", kHosts), "a.b.c");
  // The hosts themselves, what only ends so, and what is nobody's.
  EXPECT_EQ(BucketOfHost("s3.localhost:4600", kHosts), "");
  EXPECT_EQ(BucketOfHost("s3.us-east-1.localhost", kHosts), "");
  EXPECT_EQ(BucketOfHost(".s3.localhost", kHosts), "");
  EXPECT_EQ(BucketOfHost("plans3.localhost", kHosts), "");
  EXPECT_EQ(BucketOfHost("127.0.0.1:4600", kHosts), "");
  EXPECT_EQ(BucketOfHost("", kHosts), "");
  EXPECT_EQ(BucketOfHost("plans.s3.localhost", {}), "");
}

class NoteBucketHostTest : public testing::Test {
 protected:
  Passage& Note(std::string authority, std::string target, std::string method = "GET") {
    request_.authority = std::move(authority);
    request_.target = std::move(target);
    request_.method = std::move(method);
    passage_.emplace(request_);
    NoteBucketHost(*passage_, kHosts);
    return *passage_;
  }

  net::Request request_;
  std::optional<Passage> passage_;
};

TEST_F(NoteBucketHostTest, PutsTheBucketIntoThePathAndKeepsWhatWasSigned) {
  const Passage& passage = Note("plans.s3.localhost", "/a%20b/../c?versionId=1");
  EXPECT_TRUE(passage.is_s3);
  EXPECT_EQ(request_.target, "/plans/a%20b/../c?versionId=1");
  EXPECT_EQ(passage.sent_target, "/a%20b/../c?versionId=1");
  EXPECT_EQ(passage.view.path, "/a%20b/../c");
  EXPECT_EQ(passage.view.query, "versionId=1");
}

TEST_F(NoteBucketHostTest, LeavesOtherRequestsAlone) {
  EXPECT_FALSE(Note("localhost:4600", "/plans/k").is_s3);
  EXPECT_EQ(request_.target, "/plans/k");
  EXPECT_FALSE(Note("s3.localhost", "/plans/k").is_s3);
  EXPECT_EQ(request_.target, "/plans/k");
}

TEST_F(NoteBucketHostTest, WhatIsSignedForAnotherServiceIsNoBucketS) {
  request_.headers.Set("authorization",
                       "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/kms/aws4_request, "
                       "SignedHeaders=host, Signature=00");
  EXPECT_FALSE(Note("plans.s3.localhost", "/").is_s3);
  EXPECT_EQ(request_.target, "/");
}

TEST_F(NoteBucketHostTest, FormsAndUrlsOfVersion2AreOfS3) {
  EXPECT_TRUE(Note("localhost", "/plans/k?AWSAccessKeyId=AKIA&Signature=a&Expires=1").is_s3);
  request_.headers.Set("content-type", "Multipart/Form-Data; boundary=b");
  EXPECT_TRUE(Note("localhost", "/plans", "POST").is_s3);
  EXPECT_FALSE(Note("localhost", "/plans", "PUT").is_s3);
}

}  // namespace
}  // namespace bedplate::gateway
