// Blocks as the documentation of Anthropic's Messages API shows them.
#include "models/citations/citation_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bedplate::models {
namespace {

using testing::HasSubstr;

json::Value Parse(std::string_view text) { return *json::Value::Parse(text); }

// A citation read and written again.
std::string Rewritten(std::string_view text) {
  const auto citation = ReadCitation(Parse(text));
  if (!citation) return "error: " + citation.error();
  if (!*citation) return "nothing";
  std::string out;
  json::Writer writer(out);
  WriteCitation(writer, **citation);
  return out;
}

TEST(CitationJson, ReadsAndWritesEveryLocation) {
  for (const std::string_view text :
       {R"({"type":"char_location","cited_text":"a","document_index":0,"start_char_index":1,)"
        R"("end_char_index":2,"document_title":"T"})",
        R"({"type":"page_location","cited_text":"a","document_index":1,"start_page_number":1,)"
        R"("end_page_number":2,"document_title":null})",
        R"({"type":"content_block_location","cited_text":"a","document_index":0,)"
        R"("start_block_index":0,"end_block_index":1,"document_title":"T"})",
        R"({"type":"search_result_location","cited_text":"a","search_result_index":0,)"
        R"("start_block_index":0,"end_block_index":1,"source":"https://a","title":null})",
        R"({"type":"web_search_result_location","cited_text":"a","url":"https://a",)"
        R"("encrypted_index":"E","title":"T"})"}) {
    EXPECT_EQ(Rewritten(text), text);
  }
}

TEST(CitationJson, SaysWhatIsMissing) {
  EXPECT_EQ(Rewritten(R"({"type":"from_the_future"})"), "nothing");
  EXPECT_EQ(Rewritten(R"({"type":"char_location","document_index":0,"start_char_index":1})"),
            "error: has no end_char_index");
  EXPECT_EQ(Rewritten(R"({"type":"page_location","document_index":-1})"),
            "error: has no document_index");
  EXPECT_EQ(Rewritten(R"({"type":"char_location","document_index":0,"start_char_index":2,)"
                      R"("end_char_index":1})"),
            "error: has end_char_index 1 before start_char_index 2");
}

std::string RewrittenSource(std::string_view text) {
  const auto source = ReadSource(Parse(text));
  if (!source) return "error: " + source.error();
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  WriteSourceMembers(writer, *source);
  writer.EndObject();
  return out;
}

TEST(CitationJson, ReadsAndWritesSources) {
  for (const std::string_view text :
       {R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"},)"
        R"("title":"T","context":"C","citations":{"enabled":true}})",
        R"({"type":"document","source":{"type":"base64","media_type":"application/pdf",)"
        R"("data":"JVBERg=="}})",
        R"({"type":"document","source":{"type":"content","content":)"
        R"([{"type":"text","text":"a"},{"type":"text","text":"b"}]}})",
        R"({"type":"search_result","source":"S","title":"T","content":)"
        R"([{"type":"text","text":"a"}],"citations":{"enabled":true}})"}) {
    EXPECT_EQ(RewrittenSource(text), text);
  }
  EXPECT_EQ(RewrittenSource(R"({"type":"document"})"), "error: has no source");
  EXPECT_EQ(RewrittenSource(R"({"type":"document","source":{"type":"base64","data":"!"}})"),
            "error: has no source that is text, text blocks or base64");
}

TEST(CitationJson, ChecksSpansAgainstTheirText) {
  const std::string spans =
      R"([{"begin":0,"end":2,"citations":[]},{"begin":2,"end":5,"citations":)"
      R"([{"type":"web_search_result_location","cited_text":"a","url":"u","encrypted_index":"",)"
      R"("title":null}]}])";
  const auto read = ReadCitedSpans(Parse(spans), 5);
  ASSERT_TRUE(read);
  std::string out;
  json::Writer writer(out);
  WriteCitedSpans(writer, *read);
  EXPECT_EQ(out, spans);
  for (const char* bad : {R"([{"begin":0,"end":6}])", R"([{"begin":3,"end":2}])",
                          R"([{"begin":0,"end":3},{"begin":2,"end":4}])", R"([{}])"}) {
    const auto refused = ReadCitedSpans(Parse(bad), 5);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(refused.error(), HasSubstr("none of its text"));
  }
}

}  // namespace
}  // namespace bedplate::models
