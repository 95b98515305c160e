// Runs every case of cases/*.json; README.md says how one is written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/policy/evaluate.h"
#include "base/json/value.h"

namespace bedplate::account::policy {
namespace {

using json::Value;

constexpr size_t kDecisionsMin = 300;
constexpr std::string_view kAccount = "111122223333";

std::string TextOf(const Value& value) {
  return value.AsString() != nullptr ? *value.AsString() : value.ToJson();
}

// A member of the request, else of its case, else `otherwise`.
std::string MemberOf(const Value& request, const Value& of, std::string_view key,
                     std::string_view otherwise) {
  if (const Value* const found = request.Find(key)) return TextOf(*found);
  if (const Value* const found = of.Find(key)) return TextOf(*found);
  return std::string(otherwise);
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "user/anna", "444455556666:assumed-role/job/session", "root", "service:...", "anonymous", ...
Identity ReadIdentity(std::string_view text) {
  Identity identity;
  if (text == "anonymous") {
    identity.anonymous = true;
  } else if (TakePrefix(text, "service:")) {
    identity.service = text;
  } else if (TakePrefix(text, "federated:")) {
    identity.federated = text;
  } else {
    const size_t colon = text.find(':');
    identity.account = colon == text.npos ? kAccount : text.substr(0, colon);
    if (colon != text.npos) text.remove_prefix(colon + 1);
    const std::string iam = "arn:aws:iam::" + identity.account + ":";
    const std::string sts = "arn:aws:sts::" + identity.account + ":";
    const bool federated = text.starts_with("federated-user/");
    identity.arn = (federated || text.starts_with("assumed-role/") ? sts : iam) + std::string(text);
    if (federated) identity.role_arn = iam + "user/broker";
    if (TakePrefix(text, "assumed-role/")) {
      identity.role_arn = iam + "role/" + std::string(text.substr(0, text.find('/')));
    }
  }
  return identity;
}

void Fill(Context& context, const Value* values) {
  if (values == nullptr) return;
  for (const auto& [key, value] : *values->AsObject()) {
    if (value.AsArray() == nullptr) {
      context.Set(key, TextOf(value));
      continue;
    }
    Context::Values texts;
    for (const Value& element : *value.AsArray()) texts.push_back(TextOf(element));
    context.SetAll(key, std::move(texts));
  }
}

Value WholeStatement(std::string_view effect, const Value* condition) {
  Value statement;
  statement.Set("Effect", effect);
  statement.Set("Action", "*");
  statement.Set("Resource", "*");
  if (condition != nullptr) statement.Set("Condition", *condition);
  return statement;
}

// The policies of one case and what owns their documents.
class Case {
 public:
  explicit Case(const Value& written) : written_(written) {
    for (const std::string_view key : {"identity", "group"}) {
      const auto list = ListOf(key, Kind::kIdentity);
      if (list) policies_.identity.insert(policies_.identity.end(), list->begin(), list->end());
    }
    AddConditional();
    policies_.boundary = ListOf("boundary", Kind::kIdentity);
    policies_.session = ListOf("session", Kind::kIdentity);
    for (const auto& [key, kind] :
         {std::pair("bucket", Kind::kResource), std::pair("key", Kind::kResource),
          std::pair("trust", Kind::kTrust)}) {
      const auto list = ListOf(key, kind);
      if (!list) continue;
      policies_.resource = list->empty() ? nullptr : list->front();
      policies_.resource_must_allow = std::string_view(key) != "bucket";
    }
  }

  void Check(const Value& asked) {
    Request request;
    request.action = MemberOf(asked, written_, "action", "s3:GetObject");
    request.resource = MemberOf(asked, written_, "resource", "arn:aws:s3:::bucket/key");
    request.resource_account = MemberOf(asked, written_, "resource_account", kAccount);
    const std::string who = MemberOf(asked, written_, "who", "user/anna");
    request.identity = ReadIdentity(who);
    request.identity.id = MemberOf(asked, written_, "id", "");
    request.identity.canonical_user = MemberOf(asked, written_, "canonical_user", "");
    policies_.root = who.ends_with("root");
    Fill(request.context, written_.Find("context"));
    Fill(request.context, asked.Find("context"));
    const Decision decision = Decide(policies_, request);
    EXPECT_EQ(Describe(decision), MemberOf(asked, written_, "expect", "")) << asked.ToJson();
    if (const Value* const by = asked.Find("by")) {
      EXPECT_EQ(decision.statement ? decision.statement->sid : "none", TextOf(*by));
    }
    if (const Value* const message = asked.Find("message")) {
      EXPECT_EQ(DeniedMessage(request, decision), TextOf(*message));
    }
  }

 private:
  static std::string Describe(const Decision& decision) {
    constexpr std::string_view kSources[] = {"identity", "boundary", "session", "resource"};
    const std::string_view what = decision.allowed         ? "allowed by "
                                  : decision.explicit_deny ? "denied by "
                                                           : "missing in ";
    return std::string(what) + std::string(kSources[static_cast<size_t>(decision.source)]);
  }

  // A whole document, or the statements of one.
  const Document* Own(const Value& policy, Kind kind) {
    Value whole = policy;
    if (policy.AsArray() != nullptr) {
      whole = Value();
      whole.Set("Version", "2012-10-17");
      whole.Set("Statement", policy);
    }
    auto read = ReadDocument(whole.ToJson(), kind);
    if (!read) {
      ADD_FAILURE() << read.error().message;
      return nullptr;
    }
    return owned_.emplace_back(std::make_unique<Document>(std::move(*read))).get();
  }

  std::optional<std::vector<const Document*>> ListOf(std::string_view key, Kind kind) {
    const Value* const policy = written_.Find(key);
    if (policy == nullptr) return std::nullopt;
    std::vector<const Document*> list;
    if (policy->AsArray() != nullptr && policy->AsArray()->empty()) return list;
    if (const Document* const document = Own(*policy, kind)) list.push_back(document);
    return list;
  }

  // The short forms: all is allowed, or all is denied, under a condition.
  void AddConditional() {
    const Value* const allow = written_.Find("allow_if");
    const Value* const deny = written_.Find("deny_if");
    if (allow == nullptr && deny == nullptr) return;
    Value statements;
    statements.Append(WholeStatement("Allow", allow));
    if (deny != nullptr) statements.Append(WholeStatement("Deny", deny));
    policies_.identity.push_back(Own(statements, Kind::kIdentity));
  }

  const Value& written_;
  std::vector<std::unique_ptr<Document>> owned_;
  Policies policies_;
};

std::vector<std::filesystem::path> FindFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(POLICY_TESTS "/cases")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST(PolicyCases, AreDecidedAsIamDoes) {
  size_t decisions = 0;
  for (const auto& path : FindFiles()) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto file = Value::Parse(text.str());
    ASSERT_TRUE(file) << path << ": " << file.error().message;
    for (const Value& written : *file->AsArray()) {
      SCOPED_TRACE(path.filename().string() + ": " + MemberOf(written, written, "shows", ""));
      Case tested(written);
      for (const Value& asked : *written.Find("requests")->AsArray()) {
        tested.Check(asked);
        ++decisions;
      }
    }
  }
  EXPECT_GE(decisions, kDecisionsMin);
  RecordProperty("decisions", static_cast<int>(decisions));
}

}  // namespace
}  // namespace bedplate::account::policy
