#include "wire/sigv4/canonical.h"

#include <gtest/gtest.h>

#include "wire/sigv4/digest.h"

namespace bedplate::wire::sigv4 {
namespace {

std::string Path(std::string_view path, PathRule rule = PathRule::kEncodeAgain) {
  std::string out;
  AppendCanonicalPath(out, path, rule);
  return out;
}

std::string Query(std::string_view query) {
  std::string out;
  AppendCanonicalQuery(out, query);
  return out;
}

TEST(CanonicalPath, IsNormalizedAndEncodedOnceMore) {
  EXPECT_EQ(Path(""), "/");
  EXPECT_EQ(Path("/"), "/");
  EXPECT_EQ(Path("/model/a%3Ab/converse"), "/model/a%253Ab/converse");
  EXPECT_EQ(Path("/model/a:b/x y"), "/model/a%3Ab/x%20y");
  EXPECT_EQ(Path("//a//b//"), "/a/b/");
  EXPECT_EQ(Path("/a/./b/../c/"), "/a/c/");
  EXPECT_EQ(Path("/../../x"), "/x");
  EXPECT_EQ(Path("/a/.."), "/");
  EXPECT_EQ(Path("/agents/1/"), "/agents/1/");  // the slash at the end tells operations apart
  EXPECT_EQ(Path("/a/.hidden/..b"), "/a/.hidden/..b");
  EXPECT_EQ(Path("/\xe1\x88\xb4"), "/%E1%88%B4");
}

TEST(CanonicalPath, OfS3StaysAsSentEncodedOnce) {
  EXPECT_EQ(Path("/bucket//a/../b%20c%7E~", PathRule::kAsSent), "/bucket//a/../b%20c~~");
  EXPECT_EQ(Path("/b/%e4%2f+", PathRule::kAsSent), "/b/%E4%2F%2B");
}

TEST(CanonicalQuery, IsSortedByEncodedNameThenValue) {
  EXPECT_EQ(Query(""), "");
  EXPECT_EQ(Query("b=2&a=1&a=0"), "a=0&a=1&b=2");
  EXPECT_EQ(Query("flag&empty="), "empty=&flag=");
  EXPECT_EQ(Query("k=a%2fb&K=x+y&&"), "K=x%20y&k=a%2Fb");
  EXPECT_EQ(Query("e=%zz&t=%7e"), "e=%25zz&t=~");
  EXPECT_EQ(Query("a=1&X-Amz-Signature=0123&X-Amz-Date=d"), "X-Amz-Date=d&a=1");
}

TEST(CanonicalRequest, JoinsAndTrimsHeaders) {
  const std::vector<HeaderView> headers = {
      {"x-b", " two  words\t"}, {"x-a", "1"}, {"x-a", " 2 "}, {"x-c", ""}};
  const RequestView request{"POST", "/p", "q=1", "example:80", headers};
  const std::vector<std::string_view> names = {"host", "x-a", "x-b", "x-c", "x-missing"};
  EXPECT_EQ(CanonicalRequest(request, names, "HASH", PathRule::kEncodeAgain),
            "POST\n/p\nq=1\nhost:example:80\nx-a:1,2\nx-b:two words\nx-c:\nx-missing:\n\n"
            "host;x-a;x-b;x-c;x-missing\nHASH");
}

TEST(CanonicalRequest, PrefersTheHostHeaderToTheAuthority) {
  const std::vector<HeaderView> headers = {{"host", "signed.example"}};
  const RequestView request{"GET", "/", "", "other.example", headers};
  const std::vector<std::string_view> names = {"host"};
  EXPECT_NE(
      CanonicalRequest(request, names, "", PathRule::kEncodeAgain).find("host:signed.example\n"),
      std::string::npos);
}

TEST(SplitTarget, CutsAtTheFirstQuestionMark) {
  EXPECT_EQ(SplitTarget("/a?b=c?d"),
            (std::pair<std::string_view, std::string_view>("/a", "b=c?d")));
  EXPECT_EQ(SplitTarget("/a"), (std::pair<std::string_view, std::string_view>("/a", "")));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
