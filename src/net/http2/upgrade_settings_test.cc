#include "net/http2/upgrade_settings.h"

#include <gtest/gtest.h>

namespace bedplate::net::http2 {
namespace {

TEST(DecodeUpgradeSettings, ReadsBase64UrlOfWholeSettings) {
  // curl's: MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 32 MiB, ENABLE_PUSH 0.
  EXPECT_EQ(DecodeUpgradeSettings("AAMAAABkAAQCAAAAAAIAAAAA"),
            std::string("\0\3\0\0\0\144\0\4\2\0\0\0\0\2\0\0\0\0", 18));
  EXPECT_EQ(DecodeUpgradeSettings(""), "");
  EXPECT_EQ(DecodeUpgradeSettings("_-_-_-_-"), std::string("\xff\xef\xfe\xff\xef\xfe", 6));
}

TEST(DecodeUpgradeSettings, RefusesTheRest) {
  EXPECT_FALSE(DecodeUpgradeSettings("AAMAAABk/+++"));  // not the URL alphabet
  EXPECT_FALSE(DecodeUpgradeSettings("AAMAAAB"));       // half a setting
  EXPECT_FALSE(DecodeUpgradeSettings(std::string(80'000, 'A')));
}

}  // namespace
}  // namespace bedplate::net::http2
