#include "wire/timestamp.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace bedplate::wire {
namespace {

using enum TimestampFormat;

std::string Written(TimestampFormat format, const Timestamp& value) {
  std::string out;
  AppendTimestamp(out, format, value);
  return out;
}

TEST(Timestamp, ReadsEachFormat) {
  const std::tuple<const char*, TimestampFormat, int64_t, int32_t> cases[] = {
      {"1970-01-01T00:00:00Z", kIso8601, 0, 0},
      {"2000-02-29T23:59:60Z", kIso8601, 951868800, 0},
      {"2024-05-06T07:08:09.123456789Z", kIso8601, 1714979289, 123'456'789},
      {"2024-05-06t07:08:09.1234567891z", kIso8601, 1714979289, 123'456'789},
      {"2024-05-06T09:38:09+02:30", kIso8601, 1714979289, 0},
      {"2024-05-06 02:08:09.5-05:00", kIso8601, 1714979289, 500'000'000},
      {"0001-01-01T00:00:00Z", kIso8601, -62135596800, 0},
      {"Mon, 06 May 2024 07:08:09 GMT", kRfc822, 1714979289, 0},
      {"06 May 2024 07:08:09 GMT", kRfc822, 1714979289, 0},
      {"Thu, 1 Jan 1970 00:00:00.25 GMT", kRfc822, 0, 250'000'000},
      {"1714979289", kUnix, 1714979289, 0},
      {"1714979289.123456789", kUnix, 1714979289, 123'456'789},
      {"-0.25", kUnix, -1, 750'000'000},
      {"-1.5", kUnix, -2, 500'000'000},
      {"1.714979289e9", kUnix, 1714979289, 0},
      {"1714979289", kDefault, 1714979289, 0},
      {"2024-05-06T07:08:09Z", kDefault, 1714979289, 0},
      {"Mon, 06 May 2024 07:08:09 GMT", kDefault, 1714979289, 0},
  };
  for (const auto& [text, format, seconds, nanoseconds] : cases) {
    Timestamp value;
    EXPECT_TRUE(ParseTimestamp(text, format, value)) << text;
    EXPECT_EQ(value.seconds, seconds) << text;
    EXPECT_EQ(value.nanoseconds, nanoseconds) << text;
  }
}

TEST(Timestamp, RefusesWhatIsNoDate) {
  const std::pair<const char*, TimestampFormat> cases[] = {
      {"", kDefault},
      {"now", kDefault},
      {"2024-02-30T00:00:00Z", kIso8601},
      {"2024-13-01T00:00:00Z", kIso8601},
      {"2024-01-01T24:00:00Z", kIso8601},
      {"2024-01-01T00:00:00", kIso8601},
      {"2024-01-01T00:00:00.Z", kIso8601},
      {"2024-01-01T00:00:00Zx", kIso8601},
      {"24-01-01T00:00:00Z", kIso8601},
      {"Mon, 06 Mai 2024 07:08:09 GMT", kRfc822},
      {"Mon, 06 May 2024 07:08:09", kRfc822},
      {"1e300", kUnix},
      {"99999999999999999999", kUnix},
      {"-9223372036854775808.5", kUnix},
      {"1.5x", kUnix},
      {"nan", kUnix},
      {"-inf", kUnix},
      {"253402300800", kUnix},  // the year 10000
  };
  for (const auto& [text, format] : cases) {
    Timestamp value;
    EXPECT_FALSE(ParseTimestamp(text, format, value)) << text;
  }
}

TEST(Timestamp, WritesAsLittleOfTheFractionAsThereIs) {
  EXPECT_EQ(Written(kIso8601, {1714979289, 0}), "2024-05-06T07:08:09Z");
  EXPECT_EQ(Written(kIso8601, {1714979289, 120'000'000}), "2024-05-06T07:08:09.120Z");
  EXPECT_EQ(Written(kUnix, {1714979289, 123'456'000}), "1714979289.123456");
  EXPECT_EQ(Written(kUnix, {-1, 750'000'000}), "-0.250");
  EXPECT_EQ(Written(kUnix, {-2, 500'000'000}), "-1.500");
  EXPECT_EQ(Written(kRfc822, {1714979289, 0}), "Mon, 06 May 2024 07:08:09 GMT");
  EXPECT_EQ(Written(kIso8601, {-1, 0}), "1969-12-31T23:59:59Z");
}

TEST(TimestampProperty, WhatWasWrittenReadsBackTheSame) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    const Timestamp value{static_cast<int64_t>(random() % 315537897600) - 62135596800,
                          static_cast<int32_t>(random() % 1'000'000'000)};
    for (const TimestampFormat format : {kIso8601, kRfc822, kUnix}) {
      const std::string text = Written(format, value);
      Timestamp back;
      ASSERT_TRUE(ParseTimestamp(text, format, back)) << text;
      ASSERT_EQ(back.seconds, value.seconds) << text;
      ASSERT_EQ(back.nanoseconds, value.nanoseconds) << text;
    }
  }
}

}  // namespace
}  // namespace bedplate::wire
