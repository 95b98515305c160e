#include "runtime/html_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/html_entities.h"

namespace bedplate::runtime {
namespace {

TEST(HtmlText, ReadsAPageAsAPersonWould) {
  EXPECT_EQ(HtmlText(R"(<!DOCTYPE html>
<html><head><title>Notes</title><style>p { color: red }</style>
<script>if (a < b) document.write("</p>");</script></head>
<body><!-- not <b>this</b> -->
<h1>Grass &amp; sky</h1>
<p>The   grass is
   <b>green</b>. The sky is <a href="x>y" title='a>b'>blue</a>.</p>
<ul><li>one<li>two</ul>
<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
</body></html>)"),
            "Notes\nGrass & sky\nThe grass is green. The sky is blue.\n- one\n- two\na | b\n1 | 2");
}

TEST(HtmlText, KeepsLinesOfPreformattedText) {
  EXPECT_EQ(HtmlText("<p>x</p><pre>a\n  b\r\nc</pre> d  e"), "x\na\n  b\nc\nd e");
}

TEST(HtmlText, ResolvesCharacterReferences) {
  EXPECT_EQ(HtmlText("a&lt;b &eacute; &#233; &#xE9; &#x1F600; &unknown; &amp &"),
            "a<b é é é \U0001F600 &unknown; &amp &");
  EXPECT_EQ(HtmlText("&#0; &#xD800; &#x110000; &#99999999999;"), "\uFFFD \uFFFD \uFFFD \uFFFD");
  EXPECT_EQ(HtmlText("a&nbsp;b"), "a b");
}

TEST(HtmlText, SurvivesBrokenMarkup) {
  EXPECT_EQ(HtmlText(""), "");
  EXPECT_EQ(HtmlText("a < b <"), "a < b <");
  EXPECT_EQ(HtmlText("x<!-- never closed"), "x");
  EXPECT_EQ(HtmlText("x<p"), "x");
  EXPECT_EQ(HtmlText("x<a href=\"never closed>y"), "x");
  EXPECT_EQ(HtmlText("x<script>never closed </scripty> y"), "x");
  EXPECT_EQ(HtmlText("x<SCRIPT>a</ScRiPt >y"), "xy");
  EXPECT_EQ(HtmlText("&#"), "&#");
  EXPECT_EQ(HtmlText("&#x;"), "&#x;");
}

TEST(HtmlText, TakesDeepNestingWithoutRecursion) {
  std::string deep;
  for (int i = 0; i < 500'000; ++i) deep += "<div>";
  EXPECT_EQ(HtmlText(deep + "x"), "x");
  std::string fonts;
  for (int i = 0; i < 100'000; ++i) fonts += "<font a=" + std::to_string(i) + ">";
  for (int i = 0; i < 100'000; ++i) fonts += "<p>";
  EXPECT_EQ(HtmlText(fonts + "x"), "x");
}

TEST(HtmlEntities, AreSortedForTheSearch) {
  EXPECT_TRUE(std::ranges::is_sorted(kNamedCharacters, {}, &NamedCharacter::name));
}

}  // namespace
}  // namespace bedplate::runtime
