// What ReadDocument takes, and in which words it refuses everything else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "account/policy/document.h"
#include "base/json/value.h"

namespace bedplate::account::policy {
namespace {

using json::Value;
using ::testing::HasSubstr;

Kind KindOf(const Value& written) {
  const Value* const kind = written.Find("kind");
  if (kind == nullptr) return Kind::kIdentity;
  return *kind->AsString() == "trust" ? Kind::kTrust : Kind::kResource;
}

// A whole text or document, or the one statement of a document.
std::string TextOf(const Value& written) {
  if (const Value* const text = written.Find("text")) return *text->AsString();
  if (const Value* const document = written.Find("document")) return document->ToJson();
  Value document;
  document.Set("Version", "2012-10-17");
  document.Set("Statement", *written.Find("statement"));
  return document.ToJson();
}

std::string Refusal(std::string_view text, Kind kind = Kind::kIdentity) {
  const auto read = ReadDocument(text, kind);
  if (read) return "none";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

TEST(MalformedDocuments, AreRefusedByWhatIsWrong) {
  std::ostringstream text;
  text << std::ifstream(POLICY_TESTS "/malformed/documents.json").rdbuf();
  const auto file = Value::Parse(text.str());
  ASSERT_TRUE(file) << file.error().message;
  constexpr size_t kDocumentsMin = 100;
  EXPECT_GE(file->AsArray()->size(), kDocumentsMin);
  for (const Value& written : *file->AsArray()) {
    EXPECT_EQ(Refusal(TextOf(written), KindOf(written)), *written.Find("message")->AsString())
        << *written.Find("shows")->AsString();
  }
}

TEST(MalformedDocuments, ThatAreNoUtf8AreRefused) {
  EXPECT_EQ(Refusal("{\"Id\": \"\xFF\"}"),
            "Syntax errors in policy. Text that is not UTF-8 at byte 0.");
  // A surrogate, and a '*' in more bytes than it needs.
  EXPECT_THAT(Refusal("{\"Id\": \"\xED\xA0\x80\"}"), HasSubstr("not UTF-8"));
  EXPECT_THAT(Refusal("{\"Id\": \"\xC0\xAA\"}"), HasSubstr("not UTF-8"));
}

TEST(MalformedDocuments, ThatAreDeepAreRefusedWithoutRecursion) {
  constexpr size_t kLevels = 100'000;
  for (const std::string_view before : {R"({"Statement": )", R"({"Statement": {"Condition": )",
                                        R"({"Statement": {"Action": )", R"({"Id": )"}) {
    EXPECT_THAT(Refusal(std::string(before) + std::string(kLevels, '[')),
                HasSubstr("Syntax errors in policy."));
    std::string objects(before);
    for (size_t i = 0; i < kLevels; ++i) objects += R"({"a":)";
    EXPECT_THAT(Refusal(objects), HasSubstr("Syntax errors in policy."));
  }
}

TEST(MalformedDocuments, NeverReadAsSomethingElseWhenTheyAreCut) {
  const std::string whole =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*"],"Resource":"*",)"
      R"("Condition":{"Bool":{"aws:SecureTransport":false}}}]})";
  ASSERT_TRUE(ReadDocument(whole, Kind::kIdentity));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Refusal(whole.substr(0, size)), HasSubstr("Syntax errors in policy.")) << size;
  }
}

TEST(Documents, MayBeLong) {
  // Over the 6,144 characters of a managed policy, which is for the services to bound.
  constexpr int kStatements = 5'000;
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (int i = 0; i < kStatements; ++i) {
    if (i > 0) text += ',';
    text += R"({"Sid":"s)" + std::to_string(i) +
            R"(","Effect":"Allow","Action":"s3:Get*","Resource":"*"})";
  }
  const auto read = ReadDocument(text + "]}", Kind::kIdentity);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->statements.size(), size_t{kStatements});
}

TEST(Documents, KeepWhatEvaluationNeeds) {
  const std::string text =
      R"( {"Statement": [ {"Sid":"a","Effect":"Deny","NotAction":"s3:*","NotResource":["*"]} ,)"
      R"({"Effect":"Allow","Action":["S3:Get*","bedrock:?"],"Resource":"arn:aws:s3:::a/${aws:x}"}],)"
      R"("Id":"i","Version":"2012-10-17"} )";
  const auto read = ReadDocument(text, Kind::kIdentity);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->version, "2012-10-17");
  EXPECT_EQ(read->id, "i");
  ASSERT_EQ(read->statements.size(), 2U);
  const Statement& first = read->statements[0];
  EXPECT_EQ(first.sid, "a");
  EXPECT_TRUE(first.deny && first.not_actions && first.not_resources);
  EXPECT_FALSE(first.principals);
  EXPECT_EQ(text.substr(first.extent.begin, first.extent.end - first.extent.begin),
            R"({"Sid":"a","Effect":"Deny","NotAction":"s3:*","NotResource":["*"]})");
  const Statement& second = read->statements[1];
  EXPECT_FALSE(second.deny || second.not_actions || second.not_resources);
  EXPECT_EQ(second.actions[0].text(), "S3:Get*");
  // The version stands behind the statements, and counts for them all the same.
  EXPECT_TRUE(second.resources[0].has_variables());
  EXPECT_EQ(text.substr(second.extent.begin, 1), "{");
  EXPECT_EQ(text.substr(second.extent.end - 1, 2), "}]");
}

TEST(Documents, HaveAccountsAsTheirRoots) {
  const auto read = ReadDocument(
      R"({"Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333","*"],)"
      R"("Service":"bedrock.amazonaws.com","Federated":"accounts.google.com"},"Action":"s3:*"}})",
      Kind::kResource);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->version, "2008-10-17");
  const Principals& principals = *read->statements[0].principals;
  EXPECT_THAT(principals.aws, testing::ElementsAre("arn:aws:iam::111122223333:root"));
  EXPECT_THAT(principals.services, testing::ElementsAre("bedrock.amazonaws.com"));
  EXPECT_THAT(principals.federated, testing::ElementsAre("accounts.google.com"));
  EXPECT_TRUE(principals.everyone);
  EXPECT_TRUE(read->statements[0].resources.empty());
}

}  // namespace
}  // namespace bedplate::account::policy
