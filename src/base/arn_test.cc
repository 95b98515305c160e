#include "base/arn.h"

#include <gtest/gtest.h>

namespace bedplate {
namespace {

TEST(TakePart, TakesUpToTheSeparatorOrAll) {
  std::string_view text = "a::b";
  EXPECT_EQ(TakePart(text, ':'), "a");
  EXPECT_EQ(TakePart(text, ':'), "");
  EXPECT_EQ(TakePart(text, ':'), "b");
  EXPECT_EQ(TakePart(text, ':'), "");
}

TEST(PartitionOfPrincipal, KnowsWhoCanBeSomebody) {
  for (const std::string_view known :
       {"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a",
        "arn:aws:iam::123456789012:role/team/b", "arn:aws:sts::123456789012:assumed-role/r/s",
        "arn:aws:sts::123456789012:federated-user/f"}) {
    EXPECT_EQ(PartitionOfPrincipal(known), "aws") << known;
  }
  EXPECT_EQ(PartitionOfPrincipal("arn:aws-cn:iam::123456789012:root"), "aws-cn");
  for (const std::string_view other :
       {"", "arn:aws:iam::12345678901:root", "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:user/*", "arn:aws:iam::123456789012:group/g",
        "arn:aws:iam:us-east-1:123456789012:root", "arn:aws:sts::123456789012:assumed-role/r",
        "arn:aws:sts::123456789012:assumed-role/r/s/t", "arn:aws:s3::123456789012:root",
        "a:aws:iam::123456789012:root"}) {
    EXPECT_EQ(PartitionOfPrincipal(other), "") << other;
  }
}

}  // namespace
}  // namespace bedplate
