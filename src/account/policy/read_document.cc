#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "account/policy/condition.h"
#include "account/policy/document.h"
#include "account/policy/element.h"
#include "account/policy/text.h"
#include "base/json/reader.h"

namespace bedplate::account::policy {
namespace {

constexpr std::string_view kCurrentVersion = "2012-10-17";
constexpr std::string_view kOldVersion = "2008-10-17";

// Reads one document; what is wrong first is kept in `failure_`.
class DocumentReader {
 public:
  DocumentReader(std::string_view text, Kind kind) : reader_(text), kind_(kind) {}

  Result<Document> Read() {
    if (!reader_.BeginObject()) return BadSyntax(SyntaxError("The policy is no JSON object."));
    std::string_view key;
    while (Goes() && reader_.NextKey(key)) ReadElement(std::string(key));
    if (!failure_.empty()) return Malformed(failure_);
    if (!reader_.Finish()) return BadSyntax(SyntaxError("The JSON is not well formed."));
    if (!has_statement_) return BadSyntax("There is no Statement.");
    return Complete();
  }

 private:
  // A statement as it is written; patterns wait for the document's version, which may follow it.
  struct Draft {
    Statement statement{};
    bool has_effect = false;
    std::vector<std::string> actions{};
    std::vector<std::string> resources{};
    bool has_action = false;
    bool has_resource = false;
    std::vector<std::pair<ConditionTest, std::vector<std::string>>> conditions{};
  };

  bool Goes() const { return failure_.empty() && !reader_.failed(); }
  std::string SyntaxError(std::string_view otherwise) const {
    return reader_.failed() ? reader_.error() + "." : std::string(otherwise);
  }
  void Refuse(std::string why) {
    if (Goes()) failure_ = std::move(why);
  }
  void RefuseSyntax(std::string_view why) {
    Refuse(fmt::format("Syntax errors in policy. {}", why));
  }

  std::string ReadText(std::string_view name) {
    std::string text;
    if (reader_.Peek() != json::Kind::kString) {
      RefuseSyntax(
          fmt::format("{} is {}, and must be a string.", name, json::KindName(reader_.Peek())));
      return text;
    }
    reader_.String(text);
    return text;
  }

  // A value of a Condition: a string, or a number or boolean as its text.
  std::string ReadScalar(std::string_view name) {
    const json::Kind kind = reader_.Peek();
    if (kind == json::Kind::kNumber || kind == json::Kind::kBoolean) {
      return std::string(reader_.Raw());
    }
    return ReadText(name);
  }

  // One value, or an array of them.
  template <class ReadOne>
  std::vector<std::string> ReadList(std::string_view name, ReadOne read_one) {
    std::vector<std::string> list;
    if (reader_.Peek() != json::Kind::kArray) {
      list.push_back(read_one(name));
      return list;
    }
    if (reader_.BeginArray()) {
      while (Goes() && reader_.NextElement()) list.push_back(read_one(name));
    }
    return list;
  }
  std::vector<std::string> ReadTexts(std::string_view name) {
    return ReadList(name, [this](std::string_view what) { return ReadText(what); });
  }

  void ReadElement(const std::string& key) {
    if (key == "Version") {
      document_.version = ReadText(key);
      if (document_.version != kCurrentVersion && document_.version != kOldVersion) {
        RefuseSyntax(fmt::format("The Version is '{}', and must be {} or {}.", document_.version,
                                 kCurrentVersion, kOldVersion));
      }
    } else if (key == "Id") {
      document_.id = ReadText(key);
    } else if (key == "Statement") {
      has_statement_ = true;
      ReadStatements();
    } else {
      RefuseSyntax(fmt::format("There is no element {} in a policy.", key));
    }
  }

  void ReadStatements() {
    if (reader_.Peek() != json::Kind::kArray) return ReadStatement();
    if (!reader_.BeginArray()) return;
    while (Goes() && reader_.NextElement()) ReadStatement();
    if (drafts_.empty()) RefuseSyntax("The Statement is an empty array.");
  }

  void ReadStatement() {
    if (reader_.Peek() != json::Kind::kObject) {
      return RefuseSyntax(
          fmt::format("A statement is {}, and must be an object.", json::KindName(reader_.Peek())));
    }
    Draft& draft = drafts_.emplace_back();
    draft.statement.extent.begin = reader_.offset();
    if (!reader_.BeginObject()) return;
    std::string_view key;
    while (Goes() && reader_.NextKey(key)) ReadStatementElement(draft, std::string(key));
    draft.statement.extent.end = reader_.offset();
  }

  void ReadStatementElement(Draft& draft, const std::string& key) {
    Statement& statement = draft.statement;
    if (key == "Sid") {
      statement.sid = ReadText(key);
    } else if (key == "Effect") {
      draft.has_effect = true;
      const std::string effect = ReadText(key);
      statement.deny = effect == "Deny";
      if (!statement.deny && effect != "Allow") {
        RefuseSyntax(fmt::format("The Effect is '{}', and must be Allow or Deny.", effect));
      }
    } else if (key == "Principal" || key == "NotPrincipal") {
      if (statement.principals) {
        RefuseSyntax("A statement has either Principal or NotPrincipal.");
      }
      statement.not_principals = key == "NotPrincipal";
      ReadPrincipals(key, statement.principals.emplace());
    } else if (key == "Action" || key == "NotAction") {
      if (draft.has_action) RefuseSyntax("A statement has either Action or NotAction.");
      draft.has_action = true;
      statement.not_actions = key == "NotAction";
      draft.actions = ReadTexts(key);
    } else if (key == "Resource" || key == "NotResource") {
      if (draft.has_resource) RefuseSyntax("A statement has either Resource or NotResource.");
      draft.has_resource = true;
      statement.not_resources = key == "NotResource";
      draft.resources = ReadTexts(key);
    } else if (key == "Condition") {
      ReadConditions(draft);
    } else {
      RefuseSyntax(fmt::format("There is no element {} in a statement.", key));
    }
  }

  void ReadPrincipals(std::string_view name, Principals& principals) {
    if (reader_.Peek() == json::Kind::kString) {
      const std::string text = ReadText(name);
      principals.everyone = text == "*";
      if (!principals.everyone) Refuse(fmt::format("Invalid principal in policy: \"{}\"", text));
      return;
    }
    if (reader_.Peek() != json::Kind::kObject) {
      return RefuseSyntax(fmt::format("{} is {}, and must be \"*\" or an object.", name,
                                      json::KindName(reader_.Peek())));
    }
    if (!reader_.BeginObject()) return;
    bool any = false;
    std::string_view key;
    while (Goes() && reader_.NextKey(key)) {
      const std::string type(key);
      for (const std::string& entry : ReadTexts(type)) {
        if (Goes() && !AddPrincipal(principals, type, entry)) {
          Refuse(InvalidPrincipal(type, entry));
        }
        any = true;
      }
    }
    if (!any) RefuseSyntax(fmt::format("{} names nobody.", name));
  }

  void ReadConditions(Draft& draft) {
    if (reader_.Peek() != json::Kind::kObject) {
      return RefuseSyntax(
          fmt::format("Condition is {}, and must be an object.", json::KindName(reader_.Peek())));
    }
    if (!reader_.BeginObject()) return;
    std::string_view name;
    while (Goes() && reader_.NextKey(name)) {
      const auto known = ReadOperator(name);
      if (!known) return RefuseSyntax(fmt::format("Invalid Condition type : {}.", name));
      ReadTests(draft, std::string(name), *known);
    }
  }

  void ReadTests(Draft& draft, const std::string& name, const Operator& known) {
    if (reader_.Peek() != json::Kind::kObject) {
      return RefuseSyntax(fmt::format("The condition {} is {}, and must be an object.", name,
                                      json::KindName(reader_.Peek())));
    }
    if (!reader_.BeginObject()) return;
    std::string_view next;
    while (Goes() && reader_.NextKey(next)) {
      const std::string key(next);
      if (!key.contains(':')) {
        return Refuse(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. The "
            "condition key is " +
            key + ".");
      }
      auto values = ReadList(key, [this](std::string_view what) { return ReadScalar(what); });
      if (values.empty()) return RefuseSyntax(fmt::format("{} is an empty array.", key));
      for (const std::string& value : values) {
        if (IsValueOf(known.comparison, value)) continue;
        return RefuseSyntax(
            fmt::format("The value '{}' of {} is none for the condition {}.", value, key, name));
      }
      draft.conditions.emplace_back(ConditionTest{.comparison = known.comparison,
                                                  .negated = known.negated,
                                                  .if_exists = known.if_exists,
                                                  .quantifier = known.quantifier,
                                                  .key = key},
                                    std::move(values));
    }
  }

  Result<Document> Complete() {
    if (document_.version.empty()) document_.version = kOldVersion;
    for (Draft& draft : drafts_) {
      if (auto ok = Check(draft); !ok) return std::unexpected(ok.error());
      document_.statements.push_back(Compile(draft));
    }
    return std::move(document_);
  }

  Result<void> Check(const Draft& draft) {
    const Statement& statement = draft.statement;
    if (!draft.has_effect) return BadSyntax("A statement has no Effect.");
    if (auto ok = CheckPresent(draft); !ok) return ok;
    if (auto ok = CheckSid(statement.sid); !ok) return ok;
    for (const std::string& action : draft.actions) {
      if (auto ok = CheckAction(action, kind_); !ok) return ok;
    }
    for (const std::string& resource : draft.resources) {
      if (auto ok = CheckResource(resource); !ok) return ok;
    }
    return {};
  }

  // Which elements there are, by the kind of document.
  Result<void> CheckPresent(const Draft& draft) const {
    const Statement& statement = draft.statement;
    const bool identity = kind_ == Kind::kIdentity;
    if (identity && statement.principals) {
      return Malformed("Policy document should not specify a principal.");
    }
    if (!identity && !statement.principals) return Malformed("Missing required field Principal");
    if (kind_ == Kind::kTrust && statement.not_principals) {
      return Malformed("Has prohibited field NotPrincipal");
    }
    if (statement.not_principals && !statement.deny) {
      return Malformed("NotPrincipal must be used with the Effect Deny.");
    }
    if (!identity && !draft.has_action) return Malformed("Missing required field Action");
    if (draft.actions.empty()) return Malformed("Policy statement must contain actions.");
    if (kind_ == Kind::kTrust && draft.has_resource) {
      return Malformed("Has prohibited field Resource");
    }
    if (draft.resources.empty() && (identity || draft.has_resource)) {
      return Malformed("Policy statement must contain resources.");
    }
    return {};
  }

  Result<void> CheckSid(const std::string& sid) {
    // Policies of resources have sids with spaces ("Enable IAM User Permissions").
    if (kind_ == Kind::kResource || sid.empty()) return {};
    if (!std::ranges::all_of(sid, IsAlphanumeric)) {
      return Malformed(fmt::format(
          "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
          "expression [0-9A-Za-z]*. The SID is '{}'.",
          sid));
    }
    if (!sids_.insert(sid).second) {
      return Malformed(
          fmt::format("Statement IDs (SID) in a single policy must be unique. '{}' is not.", sid));
    }
    return {};
  }

  Statement Compile(Draft& draft) const {
    const bool variables = document_.version == kCurrentVersion;
    Statement statement = std::move(draft.statement);
    statement.services = 0;
    for (const std::string& action : draft.actions) {
      statement.actions.emplace_back(action, false);
      statement.services |= ServiceBit(action);
    }
    for (const std::string& resource : draft.resources) {
      statement.resources.emplace_back(resource, variables);
    }
    for (auto& [test, values] : draft.conditions) {
      const bool takes = variables && TakesVariables(test.comparison);
      for (const std::string& value : values) test.values.emplace_back(value, takes);
      statement.conditions.push_back(std::move(test));
    }
    return statement;
  }

  json::Reader reader_;
  Kind kind_;
  Document document_;
  std::vector<Draft> drafts_;
  bool has_statement_ = false;
  std::set<std::string> sids_;
  std::string failure_;
};

bool NamesObjectTag(std::string_view text) {
  constexpr std::string_view kKey = "s3:ExistingObjectTag/";
  return !std::ranges::search(text, kKey, {}, LowerCase, LowerCase).empty();
}

bool AsksObjectTags(const Statement& statement) {
  const auto names = [](const Pattern& pattern) { return NamesObjectTag(pattern.text()); };
  return std::ranges::any_of(statement.resources, names) ||
         std::ranges::any_of(statement.conditions, [&](const ConditionTest& test) {
           return NamesObjectTag(test.key) || std::ranges::any_of(test.values, names);
         });
}

}  // namespace

Result<Document> ReadDocument(std::string_view text, Kind kind) {
  auto document = DocumentReader(text, kind).Read();
  if (document) {
    document->asks_object_tags = std::ranges::any_of(document->statements, AsksObjectTags);
  }
  return document;
}

}  // namespace bedplate::account::policy
