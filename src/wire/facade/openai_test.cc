#include "wire/facade/openai.h"

#include <gtest/gtest.h>

namespace bedplate::wire {
namespace {

std::string EventOf(const WireError& error, uint64_t sequence_number) {
  std::string event;
  AppendResponseError(event, error, sequence_number);
  return event;
}

TEST(AppendResponseError, WritesAnEventOfTheStream) {
  EXPECT_EQ(EventOf({.status = 424, .type = "ModelStreamErrorException", .message = "a \"b\""}, 7),
            "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\","
            "\"message\":\"a \\\"b\\\"\",\"param\":null,\"sequence_number\":7}\n\n");
}

TEST(AppendResponseError, NamesCodeAndMemberWhereThereAreSome) {
  EXPECT_EQ(EventOf({.status = 429, .type = "ThrottlingException", .message = "Slowly."}, 2),
            "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\","
            "\"message\":\"Slowly.\",\"param\":null,\"sequence_number\":2}\n\n");
  EXPECT_EQ(EventOf({.status = 400, .message = "no", .code = "a_code", .member = "input"}, 2),
            "event: error\ndata: {\"type\":\"error\",\"code\":\"a_code\",\"message\":\"no\","
            "\"param\":\"input\",\"sequence_number\":2}\n\n");
}

}  // namespace
}  // namespace bedplate::wire
