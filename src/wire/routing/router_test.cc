#include "wire/router.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::wire {
namespace {

constexpr std::string_view kTagKeys[] = {"tagKeys"};
constexpr std::string_view kCopySource[] = {"x-amz-copy-source"};
constexpr std::string_view kUploadId[] = {"uploadId"};

constexpr Operation kRuntimeOperations[] = {
    {.name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse"},
};
constexpr Operation kAgentOperations[] = {
    {.name = "PrepareAgent", .method = "POST", .uri = "/agents/{agentId}/"},
    {.name = "ListVersions", .method = "POST", .uri = "/agents/{agentId}/agentversions/"},
    {.name = "Validate", .method = "POST", .uri = "/flows/validate-definition"},
    {.name = "PrepareFlow", .method = "POST", .uri = "/flows/{flowId}"},
    {.name = "UntagResource",
     .method = "DELETE",
     .uri = "/tags/{resourceArn}",
     .required_query = kTagKeys},
};
constexpr Operation kAgentRuntimeOperations[] = {
    {.name = "InvokeInlineAgent", .method = "POST", .uri = "/agents/{sessionId}"},
    {.name = "UntagResource",
     .method = "DELETE",
     .uri = "/tags/{resourceArn}",
     .required_query = kTagKeys,
     .first_label_holds = ":session/"},
};
constexpr Operation kS3Operations[] = {
    {.name = "GetObject", .method = "GET", .uri = "/{Bucket}/{Key+}"},
    {.name = "ListParts", .method = "GET", .uri = "/{Bucket}/{Key+}", .required_query = kUploadId},
    {.name = "GetObjectAcl", .method = "GET", .uri = "/{Bucket}/{Key+}?acl"},
    {.name = "PutObject", .method = "PUT", .uri = "/{Bucket}/{Key+}"},
    {.name = "CopyObject",
     .method = "PUT",
     .uri = "/{Bucket}/{Key+}",
     .required_headers = kCopySource},
    {.name = "ListObjectsV2", .method = "GET", .uri = "/{Bucket}?list-type=2"},
    {.name = "ListObjects", .method = "GET", .uri = "/{Bucket}"},
};
constexpr Operation kLogsOperations[] = {{.name = "PutLogEvents", .method = "POST", .uri = "/"}};
constexpr Operation kStsOperations[] = {{.name = "AssumeRole", .method = "POST", .uri = "/"}};
constexpr Operation kCloudwatchOperations[] = {
    {.name = "PutMetricData", .method = "POST", .uri = "/"}};

constexpr Service kRuntime{
    .name = "bedrock-runtime", .signing_name = "bedrock", .operations = kRuntimeOperations};
constexpr Service kAgent{
    .name = "bedrock-agent", .signing_name = "bedrock", .operations = kAgentOperations};
constexpr Service kAgentRuntime{.name = "bedrock-agent-runtime",
                                .signing_name = "bedrock",
                                .operations = kAgentRuntimeOperations};
constexpr Service kS3{.name = "s3",
                      .signing_name = "s3",
                      .protocol = Protocol::kRestXml,
                      .operations = kS3Operations};
constexpr Service kLogs{.name = "logs",
                        .signing_name = "logs",
                        .target_prefix = "Logs_20140328",
                        .protocol = Protocol::kJson,
                        .operations = kLogsOperations};
constexpr Service kSts{.name = "sts",
                       .signing_name = "sts",
                       .protocol = Protocol::kQuery,
                       .operations = kStsOperations};
constexpr Service kCloudwatch{.name = "cloudwatch",
                              .signing_name = "monitoring",
                              .protocol = Protocol::kQuery,
                              .accepts_cbor = true,
                              .operations = kCloudwatchOperations};
constexpr const Service* kServices[] = {&kRuntime, &kAgent, &kAgentRuntime, &kS3,
                                        &kLogs,    &kSts,   &kCloudwatch};

net::Request Signed(std::string method, std::string target, std::string_view service) {
  net::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  if (!service.empty()) {
    request.headers.Add("authorization", "AWS4-HMAC-SHA256 Credential=A/K/20250101/us-east-1/" +
                                             std::string(service) +
                                             "/aws4_request, SignedHeaders=host, Signature=00");
  }
  return request;
}

// "service Operation", or "-" when there is none.
std::string Routed(const net::Request& request) {
  static const Router router(kServices);
  const auto match = router.Find(request);
  if (!match) return "-";
  std::string found(match->service->name);
  return found + " " + std::string(match->operation ? match->operation->name : "?");
}

std::string Bedrock(std::string method, std::string target) {
  return Routed(Signed(std::move(method), std::move(target), "bedrock"));
}

std::string S3(std::string method, std::string target) {
  return Routed(Signed(std::move(method), std::move(target), "s3"));
}

TEST(Router, TellsBedrocksPathsApart) {
  EXPECT_EQ(Bedrock("POST", "/model/a.b-v1%3A0/converse"), "bedrock-runtime Converse");
  EXPECT_EQ(Bedrock("GET", "/model/a/converse"), "-");
  EXPECT_EQ(Bedrock("POST", "/model//converse"), "-");
  EXPECT_EQ(Bedrock("POST", "/Model/a/converse"), "-");
  EXPECT_EQ(Bedrock("POST", "/agents/A1/"), "bedrock-agent PrepareAgent");
  EXPECT_EQ(Bedrock("POST", "/agents/A1"), "bedrock-agent-runtime InvokeInlineAgent");
  EXPECT_EQ(Bedrock("POST", "/flows/validate-definition"), "bedrock-agent Validate");
  EXPECT_EQ(Bedrock("POST", "/flows/F1"), "bedrock-agent PrepareFlow");
  EXPECT_EQ(Bedrock("POST", ""), "-");
  EXPECT_EQ(Bedrock("POST", "*"), "-");
}

TEST(Router, ForgivesATrailingSlashWhereNothingElseMatches) {
  EXPECT_EQ(Bedrock("POST", "/model/a/converse/"), "bedrock-runtime Converse");
  EXPECT_EQ(Bedrock("POST", "/agents/A1/agentversions"), "bedrock-agent ListVersions");
  EXPECT_EQ(Bedrock("POST", "/model/a/converse//"), "-");
}

TEST(Router, TheArnDecidesBetweenTheTagsOfTwoServices) {
  const std::string session = "/tags/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Asession%2Fx";
  EXPECT_EQ(Bedrock("DELETE", session + "?tagKeys=a"), "bedrock-agent-runtime UntagResource");
  EXPECT_EQ(Bedrock("DELETE", "/tags/arn%3Aaws%3Abedrock%3A%3A1%3Aagent%2Fx?tagKeys=a"),
            "bedrock-agent UntagResource");
  // What is missing is validation's to tell.
  EXPECT_EQ(Bedrock("DELETE", "/tags/arn%3Aagent"), "bedrock-agent UntagResource");
}

TEST(Router, S3AsksForParametersAndHeaders) {
  EXPECT_EQ(S3("GET", "/b/a/b/c"), "s3 GetObject");
  EXPECT_EQ(S3("GET", "/b/a?x-id=GetObject"), "s3 GetObject");
  EXPECT_EQ(S3("GET", "/b/a?acl"), "s3 GetObjectAcl");
  EXPECT_EQ(S3("GET", "/b/a?uploadId=1"), "s3 ListParts");
  EXPECT_EQ(S3("GET", "/b?list-type=2&prefix=x"), "s3 ListObjectsV2");
  EXPECT_EQ(S3("GET", "/b?list-type=1"), "s3 ListObjects");
  net::Request copy = Signed("PUT", "/b/k", "s3");
  EXPECT_EQ(Routed(copy), "s3 PutObject");
  copy.headers.Add("x-amz-copy-source", "/b/other");
  EXPECT_EQ(Routed(copy), "s3 CopyObject");
}

TEST(Router, TheServiceOfTheSignatureDecidesWhoseTheRequestIs) {
  EXPECT_EQ(Routed(Signed("POST", "/model/a/converse", "s3")), "-");
  EXPECT_EQ(Routed(Signed("GET", "/b/k", "bedrock")), "-");
  EXPECT_EQ(Routed(Signed("GET", "/b/k", "ec2")), "-");
  EXPECT_EQ(Routed(Signed("POST", "/", "sts")), "sts ?");
}

TEST(Router, LooksAtHeadersOfTheRpcProtocols) {
  net::Request request = Signed("POST", "/", "logs");
  request.headers.Add("x-amz-target", "Logs_20140328.PutLogEvents");
  EXPECT_EQ(Routed(request), "logs PutLogEvents");
  request.headers.Set("x-amz-target", "Logs_20140328.Nothing");
  EXPECT_EQ(Routed(request), "-");
  request.headers.Set("x-amz-target", "PutLogEvents");
  EXPECT_EQ(Routed(request), "-");
  net::Request cbor =
      Signed("POST", "/service/GraniteService/operation/PutMetricData", "monitoring");
  cbor.headers.Add("smithy-protocol", "rpc-v2-cbor");
  EXPECT_EQ(Routed(cbor), "cloudwatch PutMetricData");
  cbor.headers.Set("authorization", "AWS4-HMAC-SHA256 Credential=A/1/r/sts/aws4_request");
  EXPECT_EQ(Routed(cbor), "-");
}

TEST(Router, FindsTheActionOfAForm) {
  const Router router(kServices);
  auto match = router.Find(Signed("POST", "/", "sts"));
  ASSERT_TRUE(match);
  EXPECT_FALSE(router.CompleteFromBody(*match, "Version=1"));
  EXPECT_FALSE(router.CompleteFromBody(*match, "Action=Nothing&Version=1"));
  ASSERT_TRUE(router.CompleteFromBody(*match, "Version=1&Action=AssumeRole"));
  EXPECT_EQ(match->operation->name, "AssumeRole");
}

TEST(Router, UnsignedAndBearerRequests) {
  EXPECT_EQ(Routed(Signed("POST", "/model/a/converse", "")), "bedrock-runtime Converse");
  EXPECT_EQ(Routed(Signed("GET", "/b/k", "")), "s3 GetObject");
  net::Request bearer = Signed("POST", "/model/a/converse", "");
  bearer.headers.Add("authorization", "Bearer key");
  EXPECT_EQ(Routed(bearer), "bedrock-runtime Converse");
  bearer.target = "/b/k";
  EXPECT_EQ(Routed(bearer), "-");
}

TEST(Router, ReadsTheScopeFromItsEnd) {
  EXPECT_EQ(SigningServiceOf(Signed("GET", "/", "bedrock")), "bedrock");
  EXPECT_EQ(SigningServiceOf(Signed("GET", "/?X-Amz-Credential=A%2F1%2Fr%2Fs3%2Faws4_request", "")),
            "s3");
  EXPECT_EQ(SigningServiceOf(Signed("GET", "/?X-Amz-Credential=A/1/r/s3/aws4_request", "")), "s3");
  for (const char* value :
       {"", "Credential=", "Credential=a", "Credential=/", "Credential=a/b", "Basic Zm9v"}) {
    net::Request request;
    request.headers.Add("authorization", value);
    EXPECT_EQ(SigningServiceOf(request), "") << value;
  }
  for (const char* query : {"/?X-Amz-Credential=%", "/?X-Amz-Credential=%2F", "/?X-Amz-Credential",
                            "/?X-Amz-Credential=%%%"}) {
    EXPECT_EQ(SigningServiceOf(Signed("GET", query, "")), "") << query;
  }
}

TEST(Router, LabelsAreViewsIntoTheTarget) {
  const Router router(kServices);
  const net::Request request = Signed("POST", "/agents/A%2F1/agentversions", "bedrock");
  const auto match = router.Find(request);
  ASSERT_TRUE(match);
  ASSERT_EQ(match->labels.count, 1u);
  EXPECT_EQ(match->labels.values[0], "A%2F1");
  EXPECT_EQ(match->labels.values[0].data(), request.target.data() + 8);
}

}  // namespace
}  // namespace bedplate::wire
