#include "runtime/response_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace bedplate::runtime {
namespace {

using testing::HasSubstr;

std::string Select(const std::vector<std::string>& paths, std::string_view answer,
                   std::string_view other = "{}") {
  return SelectFields(paths, std::array{answer, other});
}

TEST(CheckFieldPaths, TakesPointersAlone) {
  EXPECT_TRUE(CheckFieldPaths({"/a", "/a/0/b", "/", "/a~1b", "/m~0n"}));
  for (const char* path : {"", "a", "a/b", "/a~2", "/a~"}) {
    auto ok = CheckFieldPaths({"/fine", path});
    ASSERT_FALSE(ok) << path;
    EXPECT_EQ(ok.error().fault, Fault::kValidation);
    EXPECT_THAT(ok.error().message,
                HasSubstr("'" + std::string(path) + "' at additionalModelResponseFieldPaths.1"));
  }
}

TEST(SelectFields, PutsEachValueWhereItsPathLeads) {
  const char* answer = R"({"a":{"b":[10,{"c":"x"}]},"d/e":1,"f~g":2,"":3,"z":null})";
  EXPECT_EQ(Select({"/a/b/1/c", "/a/b/0"}, answer), R"({"a":{"b":{"1":{"c":"x"},"0":10}}})");
  EXPECT_EQ(Select({"/d~1e", "/f~0g", "/", "/z"}, answer), R"({"d/e":1,"f~g":2,"":3,"z":null})");
}

TEST(SelectFields, LeavesOutWhatIsNotThere) {
  const char* answer = R"({"a":[1,2],"b":"text"})";
  EXPECT_EQ(Select({"/c", "/a/2", "/a/01", "/a/-", "/a/x", "/b/0"}, answer), "");
}

TEST(SelectFields, TakesTheFirstAnswerThatHasIt) {
  EXPECT_EQ(Select({"/a", "/b"}, R"({"a":1})", R"({"a":2,"b":3})"), R"({"a":1,"b":3})");
}

TEST(SelectFields, KeepsTheWholeWhenAPathLeadsIntoAnother) {
  EXPECT_EQ(Select({"/a", "/a/b"}, R"({"a":{"b":1,"c":2}})"), R"({"a":{"b":1,"c":2}})");
  EXPECT_EQ(Select({"/a", "/a/b"}, R"({"a":[1]})", R"({"a":{"b":1}})"), R"({"a":[1]})");
}

}  // namespace
}  // namespace bedplate::runtime
