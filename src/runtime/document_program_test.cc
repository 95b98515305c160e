#include "runtime/document_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

using testing::HasSubstr;

Conversation With(std::string format, std::string bytes) {
  Conversation conversation;
  conversation.messages = {
      {.role = Role::kUser,
       .content = {
           TextBlock{"Read."},
           DocumentBlock{.format = std::move(format), .name = "n", .bytes = std::move(bytes)}}}};
  return conversation;
}

DocumentProgram Shell() { return {"/bin/sh", {}}; }

TEST(DocumentProgram, OtherDocumentsStayAsTheyAre) {
  Conversation conversation = With("md", "# text");
  EXPECT_FALSE(HasParsedDocuments(conversation));
  EXPECT_TRUE(Shell().ReadAll(conversation));
  EXPECT_EQ(std::get<DocumentBlock>(conversation.messages[0].content[1]).bytes, "# text");
}

TEST(DocumentProgram, TheEndsOfPartsAreOfTheTextThatWasThere) {
  Conversation conversation = With("docx", "a longer text\nof two parts");
  auto& document = std::get<DocumentBlock>(conversation.messages[0].content[1]);
  document.part_ends = {13, 26};
  // It says what it is told to read.
  ASSERT_TRUE(DocumentProgram("/bin/echo", {}).ReadAll(conversation));
  EXPECT_EQ(document.bytes, "docx\n");
  EXPECT_TRUE(document.part_ends.empty());
}

TEST(DocumentProgram, WhatCannotBeReadIsNamedWithItsPlace) {
  Conversation conversation = With("docx", "no archive");
  EXPECT_TRUE(HasParsedDocuments(conversation));
  const auto read = DocumentProgram(DOCUMENTS_PROGRAM, {}).ReadAll(conversation);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  EXPECT_EQ(read.error().message,
            "The document 'n' at messages.0.content.1.document can't be read as docx: it is no ZIP "
            "archive.");
}

TEST(DocumentProgram, AMissingProgramIsTheServersFault) {
  Conversation conversation = With("xlsx", "x");
  EXPECT_EQ(DocumentProgram("/nowhere/x", {}).ReadAll(conversation).error().fault,
            Fault::kUnavailable);
  // Without a PATH there is no pdftotext.
  conversation = With("pdf", "x");
  const auto read = DocumentProgram(DOCUMENTS_PROGRAM, {"PATH=/nowhere"}).ReadAll(conversation);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::kUnavailable);
  EXPECT_THAT(read.error().message, HasSubstr("can't read pdf documents now"));
}

TEST(DocumentProgram, AProgramThatDiesReadsNothing) {
  // The shell takes the format for a script and finds none: it ends with status 2 or more.
  Conversation conversation = With("docx", "x");
  EXPECT_EQ(Shell().ReadAll(conversation).error().fault, Fault::kUnavailable);
}

}  // namespace
}  // namespace bedplate::runtime
