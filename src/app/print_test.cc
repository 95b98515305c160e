#include "app/print.h"

#include <gtest/gtest.h>

#include "app/client_lines.h"

namespace bedplate::app {
namespace {

TEST(Print, ShowsAmountsForPeople) {
  EXPECT_EQ(ShowBytes(0), "0 B");
  EXPECT_EQ(ShowBytes(1023), "1023 B");
  EXPECT_EQ(ShowBytes(24'537'088), "23.4 MiB");
  EXPECT_EQ(ShowDuration(59), "59 s");
  EXPECT_EQ(ShowDuration(61), "1 min 1 s");
  EXPECT_EQ(ShowDuration(2 * 3600 + 13 * 60 + 59), "2 h 13 min");
  EXPECT_EQ(ShowDuration(50 * 3600), "2 d 2 h");
}

TEST(Print, LinesColumnsUp) {
  EXPECT_EQ(Table({{"A", "B"}, {"long", "x"}, {"y", ""}}), "A     B\nlong  x\ny");
}

TEST(Print, QuotesOnlyWhatAShellWouldRead) {
  EXPECT_EQ(QuoteForShell("http://127.0.0.1:4600"), "http://127.0.0.1:4600");
  EXPECT_EQ(QuoteForShell("ab+/="), "ab+/=");
  EXPECT_EQ(QuoteForShell(""), "''");
  EXPECT_EQ(QuoteForShell("a b$c"), "'a b$c'");
  EXPECT_EQ(QuoteForShell("it's"), "'it'\\''s'");
}

TEST(ClientLines, NamesAnEndpointThatAClientCanReach) {
  Settings settings;
  EXPECT_EQ(EndpointUrl(settings, 4600), "http://127.0.0.1:4600");
  settings.listen.address = "0.0.0.0";
  EXPECT_EQ(EndpointUrl(settings, 1), "http://127.0.0.1:1");
  settings.listen.address = "::";
  EXPECT_EQ(EndpointUrl(settings, 2), "http://[::1]:2");
  settings.listen.address = "localhost";
  settings.tls.certificate = "/c.pem";
  EXPECT_EQ(EndpointUrl(settings, 443), "https://localhost:443");
}

TEST(ClientLines, ExportsTheBearerKeyOnlyWhenAsked) {
  const account::RootCredentials root{.account = "123456789012",
                                      .access_key_id = "AKIA1",
                                      .secret_access_key = "s/+",
                                      .bearer_key = "bedrock key"};
  EXPECT_EQ(ExportLines("http://127.0.0.1:4600", "us-east-1", root, false),
            "unset AWS_SESSION_TOKEN AWS_PROFILE AWS_BEARER_TOKEN_BEDROCK AWS_ENDPOINT_URL_BEDROCK "
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME AWS_IGNORE_CONFIGURED_ENDPOINT_URLS;\n"
            "export AWS_ENDPOINT_URL=http://127.0.0.1:4600\n"
            "export AWS_ACCESS_KEY_ID=AKIA1\n"
            "export AWS_SECRET_ACCESS_KEY=s/+\n"
            "export AWS_REGION=us-east-1\n"
            "export AWS_DEFAULT_REGION=us-east-1\n"
            "export AWS_BEDROCK_RUNTIME_ENDPOINT=http://127.0.0.1:4600");
  EXPECT_TRUE(ExportLines("http://127.0.0.1:4600", "us-east-1", root, true)
                  .ends_with("\nexport AWS_BEARER_TOKEN_BEDROCK='bedrock key'"));
}

}  // namespace
}  // namespace bedplate::app
