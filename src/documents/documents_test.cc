#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "documents/number_format.h"
#include "documents/read_document.h"

namespace bedplate::documents {
namespace {

using ::testing::HasSubstr;

std::string Zip(const std::map<std::string, std::string>& files) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

std::string Relationships(const std::string& inside) {
  return "<Relationships xmlns='http://x'>" + inside + "</Relationships>";
}

std::map<std::string, std::string> WordFiles(const std::string& body) {
  return {{"_rels/.rels", Relationships("<Relationship Id='r1' Type='http://x/officeDocument' "
                                        "Target='word/document.xml'/>")},
          {"word/document.xml",
           "<w:document xmlns:w='http://w'><w:body>" + body + "</w:body></w:document>"}};
}

std::string Word(const std::string& body) {
  const auto text = DocxText(Zip(WordFiles(body)));
  return text ? *text : "failed: " + text.error().message;
}

TEST(Docx, ParagraphsHeadingsAndLists) {
  EXPECT_EQ(Word("<w:p><w:pPr><w:pStyle w:val='Heading2'/></w:pPr><w:r><w:t>Costs</w:t></w:r></w:p>"
                 "<w:p><w:r><w:t xml:space='preserve'>One </w:t></w:r><w:r><w:t>&amp; two</w:t>"
                 "<w:tab/><w:t>three</w:t><w:br/><w:t>four</w:t></w:r></w:p>"
                 "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>item</w:t></w:r></w:p>"),
            "## Costs\nOne & two\tthree\nfour\n- item\n");
}

TEST(Docx, WhereTabsStopIsNoTab) {
  EXPECT_EQ(Word("<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr><w:r>"
                 "<w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>"),
            "a\tb\n");
}

TEST(Docx, TablesAreRows) {
  const std::string cell = "<w:tc><w:p><w:r><w:t>a|b</w:t></w:r></w:p></w:tc>";
  const std::string inner =
      "<w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>"
      "<w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc>";
  EXPECT_EQ(Word("<w:tbl><w:tr>" + cell + inner + "</w:tr><w:tr>" + cell + cell +
                 "</w:tr></w:tbl><w:p><w:r><w:t>after</w:t></w:r></w:p>"),
            "| a/b | x y |\n| a/b | a/b |\n\nafter\n");
}

TEST(Docx, WhatWasDeletedOrIsThereTwiceIsLeftOut) {
  EXPECT_EQ(
      Word("<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new"
           "</w:t></w:r></w:ins></w:p><w:p><mc:AlternateContent><mc:Choice><w:r><w:t>box</w:t>"
           "</w:r></mc:Choice><mc:Fallback><w:r><w:t>box</w:t></w:r></mc:Fallback>"
           "</mc:AlternateContent></w:p>"),
      "new\nbox\n");
}

TEST(Docx, FootnotesComeLast) {
  auto files =
      WordFiles("<w:p><w:r><w:t>True</w:t><w:footnoteReference w:id='2'/><w:t>.</w:t></w:r></w:p>");
  files["word/_rels/document.xml.rels"] =
      Relationships("<Relationship Id='r1' Type='http://x/footnotes' Target='/word/notes.xml'/>");
  files["word/notes.xml"] =
      "<w:footnotes><w:footnote w:type='separator' w:id='0'><w:p><w:r><w:t>-</w:t></w:r></w:p>"
      "</w:footnote><w:footnote w:id='2'><w:p><w:r><w:t>Mostly</w:t></w:r></w:p></w:footnote>"
      "</w:footnotes>";
  EXPECT_EQ(*DocxText(Zip(files)), "True[^2].\n[^2]: Mostly\n");
}

TEST(Docx, DeepNestingTakesNoStack) {
  std::string open;
  std::string close;
  for (int i = 0; i < 20'000; ++i) {
    open += "<w:sdt>";
    close += "</w:sdt>";
  }
  EXPECT_EQ(Word(open + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>" + close), "deep\n");
}

TEST(Docx, BadFilesAreRefused) {
  EXPECT_THAT(DocxText("hello").error().message, HasSubstr("no ZIP archive"));
  EXPECT_THAT(DocxText("").error().message, HasSubstr("no ZIP archive"));
  EXPECT_THAT(DocxText(Zip({{"a.txt", "x"}})).error().message, HasSubstr("no Word document"));
  EXPECT_THAT(Word("<w:p>"), HasSubstr("no XML"));
  std::string cut = Zip(WordFiles("<w:p><w:r><w:t>text</w:t></w:r></w:p>"));
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(DocxText(cut));
}

TEST(Docx, AnArchiveThatUnpacksToTooMuchIsRefused) {
  auto files = WordFiles("<w:p/>");
  files["word/big.xml"] = std::string(100 << 20, ' ');
  EXPECT_THAT(DocxText(Zip(files)).error().message, HasSubstr("unpack to more than"));
}

TEST(Docx, MoreTextThanTheBoundIsRefused) {
  EXPECT_THAT(Word("<w:p><w:r><w:t>" + std::string(17 << 20, 'x') + "</w:t></w:r></w:p>"),
              HasSubstr("text is too long"));
}

std::string Excel(const std::string& cells, const std::string& properties = "") {
  const auto text = XlsxText(Zip({
      {"_rels/.rels", Relationships("<Relationship Id='r1' Type='http://x/officeDocument' "
                                    "Target='xl/workbook.xml'/>")},
      {"xl/workbook.xml",
       "<workbook>" + properties + "<sheets><sheet name='Sales' r:id='r7'/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels",
       Relationships("<Relationship Id='r7' Type='http://x/worksheet' "
                     "Target='worksheets/s.xml'/><Relationship Id='r8' "
                     "Type='http://x/sharedStrings' Target='strings.xml'/><Relationship "
                     "Id='r9' Type='http://x/styles' Target='styles.xml'/>")},
      {"xl/strings.xml",
       "<sst><si><t>plain</t></si><si><r><t>ri</t></r><r><t>ch</t></r>"
       "<rPh><t>no</t></rPh></si></sst>"},
      {"xl/styles.xml",
       "<styleSheet><numFmts><numFmt numFmtId='200' formatCode='[Red]0.0&quot;d&"
       "quot;'/><numFmt numFmtId='201' formatCode='[$-407]dd.mm.yyyy'/></numFmts>"
       "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='200'/>"
       "<xf numFmtId='201'/></cellXfs></styleSheet>"},
      {"xl/worksheets/s.xml", "<worksheet><sheetData>" + cells + "</sheetData></worksheet>"},
  }));
  return text ? *text : "failed: " + text.error().message;
}

TEST(Xlsx, ValuesOfEachKind) {
  EXPECT_EQ(Excel("<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c><v>1.5</v></c>"
                  "<c t='b'><v>1</v></c><c t='e'><v>#DIV/0!</v></c><c t='str'><v>a \"b\", c</v></c>"
                  "<c t='inlineStr'><is><t>in</t></is></c></row>"),
            "Sheet: Sales\nplain,rich,1.5,TRUE,#DIV/0!,\"a \"\"b\"\", c\",in\n");
}

TEST(Xlsx, CellsStandInTheirColumns) {
  EXPECT_EQ(Excel("<row r='3'><c r='B3'><v>1</v></c><c r='E3'><v>2</v></c></row><row r='9'/>"
                  "<row r='10'><c r='A10'><v>3</v></c></row>"),
            "Sheet: Sales\n,1,,,2\n3\n");
}

TEST(Xlsx, DatesAsTheCellShowsThem) {
  EXPECT_EQ(Excel("<row><c s='1'><v>45000</v></c><c s='2'><v>45000</v></c><c s='3'><v>45000.5</v>"
                  "</c><c s='1'><v>0.25</v></c><c s='1'><v>-1</v></c></row>"),
            "Sheet: Sales\n2023-03-15,45000,2023-03-15 12:00:00,06:00:00,-1\n");
  EXPECT_EQ(Excel("<row><c s='1'><v>0</v></c></row>", "<workbookPr date1904='1'/>"),
            "Sheet: Sales\n1904-01-01\n");
}

TEST(Xlsx, HostileReferencesStayWithinBounds) {
  EXPECT_EQ(Excel("<row><c r='ZZZZZZZZ1'><v>1</v></c><c r='1'><v>2</v></c>"
                  "<c t='s'><v>99</v></c><c t='s'><v>-1</v></c><c s='999'><v>3</v></c></row>"),
            "Sheet: Sales\n1,2,3\n");
  std::string rows;
  for (int i = 0; i < 1'100; ++i) rows += "<row><c r='XFD1'><v>1</v></c></row>";
  EXPECT_THAT(Excel(rows), HasSubstr("text is too long"));
}

TEST(Xlsx, BadFilesAreRefused) {
  EXPECT_THAT(XlsxText("x").error().message, HasSubstr("no ZIP archive"));
  EXPECT_THAT(XlsxText(Zip(WordFiles(""))).error().message, HasSubstr("no Excel workbook"));
}

TEST(NumberFormat, TellsDatesFromNumbers) {
  for (const char* code : {"yyyy-mm-dd", "[h]:mm", "[$-F800]dddd", "h:mm AM/PM", "\"at\" hh"}) {
    EXPECT_TRUE(ShowsDate(code)) << code;
  }
  for (const char* code :
       {"General", "0.00", "#,##0 \"days\"", "\\d0", "[Red]0", "0_d", "@;yy", ""}) {
    EXPECT_FALSE(ShowsDate(code)) << code;
  }
}

TEST(NumberFormat, DaysThatNeverWere) {
  EXPECT_EQ(DateText(1, false), "1900-01-01");
  EXPECT_EQ(DateText(59, false), "1900-02-28");
  EXPECT_EQ(DateText(61, false), "1900-03-01");
  EXPECT_EQ(DateText(2'958'465, false), "9999-12-31");
  EXPECT_EQ(DateText(2'958'466, false), std::nullopt);
}

}  // namespace
}  // namespace bedplate::documents
