#include "engine/chat/image_places.h"

#include <gtest/gtest.h>

namespace bedplate::engine {
namespace {

std::string Text(const PromptStretch& stretch) {
  std::string text;
  for (const PromptPart& part : stretch.parts) {
    text += part.from_template ? "[" + part.text + "]" : "(" + part.text + ")";
  }
  return text;
}

TEST(ImagePlaces, APromptIsCutAtItsImages) {
  const MarkedImage one{.mark = "yaaa", .image = {}};
  const MarkedImage two{.mark = "ybbb", .image = {}};
  const MarkedImage* const images[] = {&two, &one};
  const std::vector<PromptPart> parts = {
      {"<u>", true}, {"yaaa look ybbb", false}, {"</u>", true}, {"no ybb", false}};
  const auto stretches = SplitAtImages(parts, images);
  ASSERT_EQ(stretches.size(), 3U);
  EXPECT_EQ(Text(stretches[0]), "[<u>]");
  EXPECT_EQ(stretches[0].image, &one);
  EXPECT_EQ(Text(stretches[1]), "( look )");
  EXPECT_EQ(stretches[1].image, &two);
  EXPECT_EQ(Text(stretches[2]), "[</u>](no ybb)");
  EXPECT_EQ(stretches[2].image, nullptr);
}

TEST(ImagePlaces, AMarkAcrossPartsIsFoundAndOneTwiceIsTwo) {
  const MarkedImage one{.mark = "yaaa", .image = {}};
  const MarkedImage* const images[] = {&one};
  const std::vector<PromptPart> parts = {{"xya", false}, {"aa", true}, {"-yaaa", false}};
  const auto stretches = SplitAtImages(parts, images);
  ASSERT_EQ(stretches.size(), 3U);
  EXPECT_EQ(Text(stretches[0]), "(x)");
  EXPECT_EQ(Text(stretches[1]), "(-)");
  EXPECT_EQ(Text(stretches[2]), "");
}

TEST(ImagePlaces, AnImageThatIsLeftOutIsNowhere) {
  const MarkedImage one{.mark = "yaaa", .image = {}};
  const MarkedImage* const images[] = {&one};
  EXPECT_EQ(SplitAtImages(std::vector<PromptPart>{{"text", true}}, images).size(), 1U);
  EXPECT_EQ(SplitAtImages({}, images).size(), 1U);
}

TEST(ImagePlaces, NoMarkIsLikeAnother) {
  const std::string mark = NewImageMark();
  EXPECT_EQ(mark.size(), 33U);
  EXPECT_NE(mark, NewImageMark());
}

}  // namespace
}  // namespace bedplate::engine
