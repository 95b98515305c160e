#include "models/model_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using testing::HasSubstr;

const Scope kScope{.account = "111122223333", .region = "us-east-1"};
const std::string kHub = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/";

TEST(ModelEndpointTest, ASourceIsAModelOfThisServerOrAServerAtAUrl) {
  EXPECT_EQ(*ReadEndpointSource(kHub + "a.b-v1:0"),
            (EndpointSource{.url = "", .model = "a.b-v1:0"}));
  EXPECT_EQ(*ReadEndpointSource(kHub + "a.b-v1:0/1.0.2"),
            (EndpointSource{.url = "", .model = "a.b-v1:0"}));
  EXPECT_EQ(*ReadEndpointSource(kHub + "http://gpu1:8000/v1/#org/model:x"),
            (EndpointSource{.url = "http://gpu1:8000/v1", .model = "org/model:x"}));
  for (const std::string& wrong :
       {kHub, kHub + "http://gpu1:8000/v1", kHub + "http://gpu1:8000/v1#",
        kHub + "https://user@host/v1#m", kHub + "http://host:x/v1#m", std::string("a.b")}) {
    auto source = ReadEndpointSource(wrong);
    ASSERT_FALSE(source) << wrong;
    EXPECT_EQ(source.error().fault, Fault::kValidation);
    EXPECT_THAT(source.error().message, HasSubstr("modelSourceIdentifier '" + wrong + "'"));
  }
}

TEST(ModelEndpointTest, ARegisteredServerIsAUrlOfHttp) {
  EXPECT_EQ(*ReadRegisteredServer("https://gpu1/v1", kHub + "org/m"),
            (EndpointSource{.url = "https://gpu1/v1", .model = "org/m"}));
  for (const char* wrong : {"unix:/run/secret.sock", "gpu1:8000", "http://", "http://a#b",
                            "arn:aws:sagemaker:us-east-1:999988887777:endpoint/x"}) {
    auto source = ReadRegisteredServer(wrong, kHub + "m");
    ASSERT_FALSE(source) << wrong;
    EXPECT_THAT(source.error().message, HasSubstr("endpointIdentifier '" + std::string(wrong)));
  }
}

TEST(ModelEndpointTest, NamesAreThoseOfArns) {
  EXPECT_EQ(EndpointArn(kScope, "a-1"), "arn:aws:sagemaker:us-east-1:111122223333:endpoint/a-1");
  EXPECT_EQ(EndpointName(EndpointArn(kScope, "a-1"), kScope), "a-1");
  EXPECT_FALSE(EndpointName(EndpointArn(kScope, ""), kScope));
  EXPECT_FALSE(EndpointName("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/a", kScope));
  EXPECT_FALSE(EndpointName("a-1", kScope));
  for (const char* name : {"a", "A-1", "a--b"}) EXPECT_TRUE(CheckEndpointName(name)) << name;
  for (const char* name : {"", "-a", "a-", "a b", "a/b", "ä"}) {
    EXPECT_FALSE(CheckEndpointName(name)) << name;
  }
}

TEST(ModelEndpointTest, AConfigurationIsKeptWhole) {
  const EndpointConfig config{.instances = 2,
                              .instance_type = "ml.g5.xlarge",
                              .role = "arn:\"role\"",
                              .kms_key = "alias/k",
                              .subnets = {"s1", "s2"},
                              .security_groups = {"g"}};
  EXPECT_EQ(*ReadEndpointConfig(WriteEndpointConfig(config)), config);
  EXPECT_EQ(*ReadEndpointConfig(WriteEndpointConfig({})), EndpointConfig{});
  for (const char* damaged : {"", "{}", "[1]", "{\"instances\":\"x\"}"}) {
    EXPECT_EQ(ReadEndpointConfig(damaged).error().fault, Fault::kInternal) << damaged;
  }
}

}  // namespace
}  // namespace bedplate::models
