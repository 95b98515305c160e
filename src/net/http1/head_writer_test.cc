#include "net/http1/head_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_date.h"
#include "net/status_text.h"

namespace bedplate::net::http1 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AppendHead, WritesFramingItselfAndNothingTwice) {
  std::string out;
  AppendHead(out, {.status = 404, .length = 12, .close = true},
             {{"X-Amzn-ErrorType", "ResourceNotFoundException"},
              {"Content-Length", "99"},
              {"Transfer-Encoding", "chunked"},
              {"Connection", "keep-alive"},
              {"Date", "yesterday"}});
  EXPECT_THAT(out, StartsWith("HTTP/1.1 404 Not Found\r\nx-amzn-errortype: "
                              "ResourceNotFoundException\r\ndate: "));
  EXPECT_THAT(out, HasSubstr(" GMT\r\ncontent-length: 12\r\nconnection: close\r\n\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("99")));
  EXPECT_THAT(out, Not(HasSubstr("yesterday")));
}

// A value from outside cannot begin a header, or an answer, of its own.
TEST(AppendHead, DoesNotLetAValueSplitTheAnswer) {
  std::string out;
  AppendHead(out, {.framing = BodyFraming::kChunked},
             {{"location", "/x\r\nset-cookie: a=b\r\n\r\nHTTP/1.1 200 OK"}});
  EXPECT_THAT(out, HasSubstr("location: /x  set-cookie: a=b    HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(out.find("\r\n\r\n"), out.size() - 4);
}

TEST(FormatHttpDate, WritesTheSpecificationsExample) {
  using std::chrono::sys_days;
  char text[kHttpDateSize];
  const auto day = sys_days(std::chrono::year(1994) / 11 / 6);
  FormatHttpDate(day + std::chrono::hours(8) + std::chrono::minutes(49) + std::chrono::seconds(37),
                 text);
  EXPECT_EQ(std::string_view(text, kHttpDateSize), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate().size(), kHttpDateSize);
}

TEST(StatusText, KnowsTheUsualOnes) {
  EXPECT_EQ(StatusText(429), "Too Many Requests");
  EXPECT_EQ(StatusText(418), "Status");
}

}  // namespace
}  // namespace bedplate::net::http1
