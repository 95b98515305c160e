#include "wire/sigv4/timestamp.h"

#include <gtest/gtest.h>

namespace bedplate::wire::sigv4 {
namespace {

constexpr Seconds kTime{std::chrono::seconds(1'440'938'160)};  // 2015-08-30T12:36:00Z

TEST(BasicTime, WritesAndReadsBack) {
  EXPECT_EQ(BasicTime(kTime), "20150830T123600Z");
  EXPECT_EQ(ReadBasicTime("20150830T123600Z"), kTime);
  EXPECT_EQ(ReadBasicTime("20240229T235959Z"),
            ReadBasicTime("20240301T000000Z").value() - std::chrono::seconds(1));
}

TEST(ReadBasicTime, RefusesEverythingElse) {
  for (const auto* text :
       {"", "20150830T123600", "20150830T123600z", "20150830 123600Z", "2015-08-30T12:36:00Z",
        "20150230T123600Z", "20151330T123600Z", "20150830T243600Z", "20150830T126000Z",
        "2015083OT123600Z", "20150830T123600Z ", "+0150830T123600Z", "00000000T000000Z"}) {
    EXPECT_EQ(ReadBasicTime(text), std::nullopt) << text;
  }
}

TEST(ReadHttpDate, ReadsTheFormInUse) {
  EXPECT_EQ(ReadHttpDate("Sun, 30 Aug 2015 12:36:00 GMT"), kTime);
  EXPECT_EQ(ReadHttpDate("Sun, 30 Aug 2015 12:36:00 -0000"), kTime);
  for (const auto* text : {"", "Sun, 30 Aug 2015 12:36:00", "Sun, 30 Aug 2015 12:36:00 CET",
                           "Sun, 30 ugS 2015 12:36:00 GMT", "Sunday, 30-Aug-15 12:36:00 GMT",
                           "Sun, 31 Feb 2015 12:36:00 GMT", "Sun, 30 Aug 2015 12-36-00 GMT"}) {
    EXPECT_EQ(ReadHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bedplate::wire::sigv4
