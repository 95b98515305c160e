#include "wire/rest/http_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::wire {
namespace {

using testing::ElementsAre;

TEST(HeaderList, SplitsAtCommas) {
  EXPECT_THAT(SplitHeaderList("a, b ,c", false), ElementsAre("a", "b", "c"));
  EXPECT_THAT(SplitHeaderList("\"a,b\", \"c\\\"d\\\\\",e", false),
              ElementsAre("a,b", "c\"d\\", "e"));
  EXPECT_THAT(SplitHeaderList(" ", false), ElementsAre());
  EXPECT_THAT(SplitHeaderList("a,", false), ElementsAre("a", ""));
  EXPECT_THAT(SplitHeaderList("\"open", false), ElementsAre("open"));
  EXPECT_THAT(SplitHeaderList("\"a\"junk, b", false), ElementsAre("a", "b"));
}

TEST(HeaderList, ADateKeepsItsComma) {
  EXPECT_THAT(SplitHeaderList("Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT", true),
              ElementsAre("Mon, 16 Dec 2019 23:48:18 GMT", "Tue, 17 Dec 2019 23:48:18 GMT"));
}

}  // namespace
}  // namespace bedplate::wire
