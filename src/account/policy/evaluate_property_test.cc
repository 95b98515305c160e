// Random documents, callers and requests over alphabets so small that much of it matches: Decide
// says what the obvious evaluator says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/policy/evaluate.h"
#include "account/policy/testing/obvious_evaluator.h"

namespace bedplate::account::policy {
namespace {

using std::string;
using std::string_view;

constexpr std::array kAccounts = {"111111111111", "222222222222"};

struct Operators {
  string_view key;  // what it is asked about, most of the time
  std::vector<string_view> names;
  std::vector<string_view> values;
};

// Texts, numbers, days, booleans, addresses, ARNs.
const std::array kOperators = {
    Operators{
        "k:text",
        {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
         "StringLike", "StringNotLike", "BinaryEquals"},
        {"a", "A", "ab", "a*", "?b", "*", "", "${k:tag}", "${K:tag, 'ab'}", "${*}", "${k:list}b"}},
    Operators{"k:number",
              {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
               "NumericGreaterThan", "NumericGreaterThanEquals"},
              {"1", "2", "10"}},
    Operators{"k:day",
              {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals",
               "DateGreaterThan", "DateGreaterThanEquals"},
              {"2026-01-01", "2026-11-26"}},
    Operators{"k:bool", {"Bool", "Null"}, {"true", "false", "True"}},
    Operators{
        "k:address", {"IpAddress", "NotIpAddress"}, {"10.0.0.1", "10.0.0.0/8", "10.1.0.0/16"}},
    Operators{"k:arn",
              {"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"},
              {"arn:aws:s:*:1:a", "arn:aws:s:a*:*:*", "*", "arn:aws:s::1:${k:tag}", "a"}},
};
const std::array<std::vector<string>, 6> kFound = {
    std::vector<string>{"a", "A", "ab", "b", "*", ""},
    {"1", "2", "3", "10"},
    {"2026-01-01", "2026-06-01", "2026-11-26"},
    {"true", "false"},
    {"10.0.0.1", "10.1.2.3", "192.0.2.1"},
    {"arn:aws:s::1:a", "arn:aws:s:a:1:b:a", "a"}};

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  size_t Below(size_t count) { return random_() % count; }
  bool OneOf(size_t count) { return Below(count) == 0; }
  template <class List>
  auto& Any(List& list) {
    return list[Below(list.size())];
  }

  // A document of one to three statements; those of identities are without Principal.
  Document MakeDocument(Kind kind) {
    string statements;
    for (size_t i = 1 + Below(3); i > 0; --i) {
      statements += (statements.empty() ? "" : ",") + MakeStatement(kind);
    }
    const string text = fmt::format(R"({{"Version":"{}","Statement":[{}]}})",
                                    OneOf(5) ? "2008-10-17" : "2012-10-17", statements);
    auto read = ReadDocument(text, kind);
    EXPECT_TRUE(read) << read.error().message << ": " << text;
    return read ? std::move(*read) : Document();
  }

  Identity MakeIdentity() {
    Identity identity;
    const size_t kind = Below(8);
    if (kind == 0) identity.anonymous = true;
    if (kind == 1) identity.service = OneOf(2) ? "a.amazonaws.com" : "b.amazonaws.com";
    if (kind == 2) identity.federated = OneOf(2) ? "id.a" : "id.b";
    if (kind < 3) return identity;
    identity.account = Any(kAccounts);
    if (OneOf(4)) identity.canonical_user = string(64, identity.account[0]);
    const string iam = "arn:aws:iam::" + identity.account;
    if (kind == 3) {
      identity.arn = iam + ":root";
    } else if (kind < 6) {
      identity.arn = iam + (OneOf(2) ? ":user/a" : ":user/b");
      if (OneOf(3)) identity.id = "AIDA000000000000000A";
    } else {
      identity.role_arn = iam + (OneOf(2) ? ":role/a" : ":role/b");
      identity.arn = "arn:aws:sts::" + identity.account + ":assumed-role/" +
                     identity.role_arn.back() + (OneOf(2) ? "/x" : "/y");
      if (OneOf(3)) identity.id = "AROA000000000000000A";
    }
    return identity;
  }

  Request MakeRequest() {
    Request request;
    request.action = string(OneOf(2) ? "s:" : "t:") + (OneOf(2) ? "a" : "aB");
    request.resource = OneOf(8) ? "*" : "arn:aws:s:" + MakeText("ab::", 3, 8);
    request.resource_account = Any(kAccounts);
    request.identity = MakeIdentity();
    for (size_t i = 0; i < kOperators.size(); ++i) {
      if (!OneOf(4)) request.context.Set(string(kOperators[i].key), Any(kFound[i]));
    }
    if (!OneOf(3)) request.context.Set("k:tag", Any(kFound[0]));
    Context::Values list(Below(4));
    for (string& value : list) value = Any(kFound[0]);
    if (!OneOf(3)) request.context.SetAll("k:list", std::move(list));
    return request;
  }

 private:
  string MakeText(string_view letters, size_t min, size_t max) {
    string text;
    for (size_t i = min + Below(max - min); i > 0; --i) text += Any(letters);
    return text;
  }

  string MakeResource() {
    constexpr std::array kWithVariables = {"arn:aws:s:::${k:tag}", "arn:aws:s:${k:tag, 'a'}:*",
                                           "arn:aws:s:::*${k:list}", "arn:aws:s:a*b:?:${k:tag}*"};
    if (OneOf(4)) return "*";
    if (OneOf(4)) return Any(kWithVariables);
    const string rest = MakeText("ab::**?", 2, 9);
    const bool whole = std::ranges::count(rest, ':') >= 2;
    return "arn:aws:s:" + rest + (whole ? "" : "*");
  }

  string MakePrincipal() {
    constexpr std::array kPrincipals = {
        R"("*")",
        R"({"AWS":"111111111111"})",
        R"({"AWS":["arn:aws:iam::111111111111:user/a","AIDA000000000000000A"]})",
        R"({"AWS":["arn:aws:iam::111111111111:user/a","arn:aws:iam::111111111111:root"]})",
        R"({"AWS":["arn:aws:iam::111111111111:role/a","222222222222"]})",
        R"({"AWS":["arn:aws:iam::222222222222:role/b","AROA000000000000000A"]})",
        R"({"AWS":["arn:aws:iam::111111111111:role/a","111111111111",)"
        R"("arn:aws:sts::111111111111:assumed-role/a/x"]})",
        R"({"AWS":["AROA000000000000000A","arn:aws:sts::222222222222:assumed-role/a/x"]})",
        R"({"Service":"a.amazonaws.com","Federated":"id.a"})"};
    if (OneOf(8)) return fmt::format(R"({{"CanonicalUser":"{}"}})", string(64, '1'));
    return Any(kPrincipals);
  }

  string MakeCondition() {
    const Operators& operators = Any(kOperators);
    string name(Any(operators.names));
    const bool null = name == "Null";
    if (!null && OneOf(4)) name += "IfExists";
    const bool quantified = !null && OneOf(3);
    if (quantified) name = (OneOf(2) ? "ForAllValues:" : "ForAnyValue:") + name;
    const bool texts = operators.key == "k:text";
    const string_view key = texts && (quantified || OneOf(4)) ? "K:List" : operators.key;
    string values;
    for (size_t i = 1 + Below(2); i > 0; --i) {
      values += fmt::format(R"({}"{}")", values.empty() ? "" : ",", Any(operators.values));
    }
    return fmt::format(R"("{}":{{"{}":[{}]}})", name, key, values);
  }

  string MakeStatement(Kind kind) {
    constexpr std::array kActions = {"*", "s:*", "S:A", "t:a?", "*:ab", "s:?", "t:*b"};
    const bool deny = OneOf(4);
    string text = fmt::format(R"({{"Effect":"{}","{}":["{}","{}"])", deny ? "Deny" : "Allow",
                              OneOf(6) ? "NotAction" : "Action", Any(kActions), Any(kActions));
    if (kind == Kind::kResource) {
      text += fmt::format(R"(,"{}":{})", deny && OneOf(3) ? "NotPrincipal" : "Principal",
                          MakePrincipal());
    }
    if (kind == Kind::kIdentity || !OneOf(4)) {
      text += fmt::format(R"(,"{}":["{}","{}"])", OneOf(6) ? "NotResource" : "Resource",
                          MakeResource(), MakeResource());
    }
    if (OneOf(2)) text += R"(,"Condition":{)" + MakeCondition() + "}";
    return text + "}";
  }

  std::mt19937 random_;
};

std::vector<Document> MakeDocuments(Maker& maker, Kind kind) {
  constexpr size_t kDocuments = 2'000;
  std::vector<Document> documents;
  for (size_t i = 0; i < kDocuments; ++i) documents.push_back(maker.MakeDocument(kind));
  return documents;
}

string Describe(const Decision& decision) {
  return fmt::format("{} {} {}", decision.allowed ? "allowed" : "not allowed",
                     decision.explicit_deny ? "denied" : "", static_cast<int>(decision.source));
}

TEST(Decide, SaysWhatTheObviousEvaluatorSays) {
  constexpr uint32_t kSeed = 20261126;
  constexpr int kRounds = 30'000;
  Maker maker(kSeed);
  const std::vector<Document> identities = MakeDocuments(maker, Kind::kIdentity);
  const std::vector<Document> resources = MakeDocuments(maker, Kind::kResource);
  const auto list = [&] {
    std::vector<const Document*> documents(maker.Below(4));
    for (const Document*& document : documents) document = &maker.Any(identities);
    return documents;
  };
  std::set<string> seen;
  for (int round = 0; round < kRounds; ++round) {
    const Request request = maker.MakeRequest();
    Policies policies{.identity = list()};
    if (maker.OneOf(3)) policies.boundary = list();
    if (maker.OneOf(3)) policies.session = list();
    if (!maker.OneOf(3)) policies.resource = &maker.Any(resources);
    policies.resource_must_allow = maker.OneOf(4);
    policies.root = request.identity.arn.ends_with(":root");
    const Decision decision = Decide(policies, request);
    const string said = Describe(decision);
    ASSERT_EQ(said, Describe(obvious::Decide(policies, request)))
        << "round " << round << ": " << DeniedMessage(request, decision);
    ASSERT_EQ(decision.statement == nullptr, decision.document == nullptr);
    if (decision.statement != nullptr) {
      ASSERT_TRUE(decision.allowed != decision.statement->deny);
    }
    seen.insert(said);
  }
  // Two sources may allow; four may deny, and four may lack an Allow.
  EXPECT_EQ(seen.size(), 10U);
}

TEST(MatchesResource, IsWhatTheRulesSay) {
  constexpr int kRounds = 60'000;
  Maker maker(7);
  int matched = 0;
  for (int round = 0; round < kRounds; ++round) {
    string form;
    string text;
    for (size_t i = maker.Below(10); i > 0; --i) form += "ab::::**?"[maker.Below(9)];
    for (size_t i = maker.Below(10); i > 0; --i) text += "ab:::"[maker.Below(5)];
    const Pattern pattern(form, true);
    const obvious::Tokens tokens = *obvious::Read(form, true, {});
    const bool matches = MatchesResource(pattern.form(), text);
    ASSERT_EQ(matches, obvious::MatchesResource(tokens, text)) << form << " " << text;
    ASSERT_EQ(Matches(pattern.form(), text), obvious::Matches(tokens, text)) << form << " " << text;
    ASSERT_EQ(MatchesArn(pattern.form(), text), obvious::MatchesArn(tokens, text))
        << form << " " << text;
    ASSERT_TRUE(!matches || text.starts_with(pattern.prefix()));
    matched += matches ? 1 : 0;
  }
  EXPECT_GT(matched, kRounds / 100);
}

}  // namespace
}  // namespace bedplate::account::policy
