#include "services/s3/post_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bedplate::services::s3 {
namespace {

std::string Part(std::string_view name, std::string_view value, std::string_view more = "") {
  return std::string("--B\r\nContent-Disposition: form-data; name=\"")
      .append(name)
      .append("\"")
      .append(more)
      .append("\r\n\r\n")
      .append(value)
      .append("\r\n");
}

struct Read {
  std::string file;
  std::string failure;  // the error's type, or empty
};

Read ReadForm(PostForm& form, std::string_view body, size_t piece) {
  Read read;
  for (size_t at = 0; at < body.size(); at += piece) {
    const auto pushed = form.Push(body.substr(at, piece), read.file);
    if (pushed) continue;
    read.failure = pushed.error().type;
    return read;
  }
  if (const auto finished = form.Finish(); !finished) read.failure = finished.error().type;
  return read;
}

TEST(BoundaryOfTest, IsReadWithAndWithoutQuotationMarks) {
  EXPECT_EQ(BoundaryOf("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(BoundaryOf("Multipart/Form-Data;charset=utf-8; Boundary=\"a b;c\" ; x=y"), "a b;c");
  EXPECT_EQ(BoundaryOf("multipart/form-data; x; boundary=a"), "a");
  EXPECT_EQ(BoundaryOf("text/plain; boundary=a").error().type, "RequestIsNotMultiPartContent");
  EXPECT_EQ(BoundaryOf("multipart/form-data").error().type, "MalformedPOSTRequest");
  EXPECT_EQ(BoundaryOf("multipart/form-data; boundary=\"\"").error().type, "MalformedPOSTRequest");
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=" + std::string(71, 'a')));
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=a\tb"));
}

TEST(PostFormTest, IsTheSameInPiecesOfEverySize) {
  const std::string content = "a\r\n--\r\n--A\r\n-\r\n--\r\n";
  const std::string body = Part("Key", "") + Part("Policy", "p\r\n") +
                           Part("file", content, "; filename=\"C:\\x\\a.txt\"") +
                           Part("behind", "never looked at") + "--B--\r\n";
  for (size_t piece = 1; piece <= body.size(); ++piece) {
    PostForm form("B");
    const Read read = ReadForm(form, body, piece);
    EXPECT_EQ(read.failure, "");
    EXPECT_EQ(read.file, content) << piece;
    EXPECT_EQ(form.file_name(), "a.txt");
    EXPECT_EQ(form.fields().size(), 2u);
    EXPECT_EQ(form.Find("key"), "");
    EXPECT_EQ(form.Find("policy"), "p\r\n");
    EXPECT_FALSE(form.Find("behind"));
  }
}

TEST(PostFormTest, TakesAnEmptyFile) {
  PostForm form("B");
  const Read read = ReadForm(form, Part("key", "k") + Part("file", "") + "--B--", 5);
  EXPECT_EQ(read.failure, "");
  EXPECT_EQ(read.file, "");
  EXPECT_TRUE(form.is_whole());
}

TEST(PostFormTest, RefusesWhatIsNoForm) {
  const auto failure = [](const std::string& body) {
    PostForm form("B");
    return ReadForm(form, body, body.size()).failure;
  };
  EXPECT_EQ(failure("x"), "MalformedPOSTRequest");
  EXPECT_EQ(failure("--B"), "MalformedPOSTRequest");
  EXPECT_EQ(failure("--Bx\r\n"), "MalformedPOSTRequest");
  EXPECT_EQ(failure(Part("key", "k")), "MalformedPOSTRequest");
  EXPECT_EQ(failure(Part("key", "k") + "--B--"), "IncorrectNumberOfFilesInPostRequest");
  EXPECT_EQ(failure(Part("key", "k") + Part("kEY", "l")), "InvalidArgument");
  EXPECT_EQ(failure("--B\r\nContent-Type: a/b\r\n\r\n"), "MalformedPOSTRequest");
  EXPECT_EQ(failure("--B\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\n"),
            "MalformedPOSTRequest");
}

TEST(PostFormTest, BoundsWhatComesBeforeTheFile) {
  const std::string body =
      Part("a", std::string(PostForm::kFieldsBytesMax, 'x')) + Part("file", "content") + "--B--";
  for (const size_t piece : {size_t{1000}, body.size()}) {
    PostForm form("B");
    const Read read = ReadForm(form, body, piece);
    EXPECT_EQ(read.failure, "MaxPostPreDataLengthExceeded");
  }
  PostForm endless("B");
  EXPECT_EQ(ReadForm(endless, "--B\r\n" + std::string(30'000, 'x'), 100).failure,
            "MaxPostPreDataLengthExceeded");
}

TEST(PostFormTest, HoldsNothingOfALongFile) {
  PostForm form("B");
  std::string file;
  ASSERT_TRUE(form.Push(
      Part("key", "k") + "--B\r\nContent-Disposition: form-data; name=file\r\n\r\n", file));
  EXPECT_TRUE(form.at_file());
  const std::string piece(10'000, 'x');
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(form.Push(piece, file));
    // But for what may be the begin of a boundary.
    EXPECT_GT(file.size() + 10, piece.size() * static_cast<size_t>(i));
  }
}

TEST(PostFormTest, PutsTheNameOfTheFileIntoValues) {
  PostForm form("B");
  const std::string body = Part("key", "${filename}/${filename}") + Part("policy", "${filename}") +
                           Part("file", "", "; filename=\"a\\\"${filename}\"") + "--B--";
  ASSERT_EQ(ReadForm(form, body, 9).failure, "");
  ASSERT_TRUE(form.ExpandVariables());
  EXPECT_EQ(form.Find("key"), "a\"${filename}/a\"${filename}");
  EXPECT_EQ(form.Find("policy"), "${filename}");
}

TEST(PostFormTest, ValuesDoNotGrowWithoutBound) {
  const auto expanded = [](int fields, int variables) {
    PostForm form("B");
    std::string body;
    for (int field = 0; field < fields; ++field) {
      std::string value;
      for (int i = 0; i < variables; ++i) value += "${filename}";
      body += Part("x-amz-meta-" + std::to_string(field), value);
    }
    body += Part("file", "", "; filename=\"" + std::string(5'000, 'n') + "\"") + "--B--";
    EXPECT_EQ(ReadForm(form, body, body.size()).failure, "");
    return form.ExpandVariables();
  };
  EXPECT_TRUE(expanded(2, 2));
  for (const auto& [fields, variables] : {std::pair(1, 900), std::pair(100, 1)}) {
    const auto refused = expanded(fields, variables);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("too large"));
  }
}

}  // namespace
}  // namespace bedplate::services::s3
