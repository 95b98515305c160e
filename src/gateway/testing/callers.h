// For tests of authorization: callers with the policies that a test writes down, and resources.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "account/authorization/resource_directory.h"
#include "account/identity/principal.h"
#include "account/policy/document.h"

namespace bedplate::gateway {

inline constexpr std::string_view kAccount = "111122223333";
inline constexpr std::string_view kOtherAccount = "444455556666";

inline std::shared_ptr<const account::policy::Document> Policy(
    const std::string& statements, account::policy::Kind kind = account::policy::Kind::kIdentity) {
  auto read = account::policy::ReadDocument(
      R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", kind);
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? std::make_shared<const account::policy::Document>(std::move(*read)) : nullptr;
}

inline std::string Allow(const std::string& action, const std::string& resource = "*",
                         const std::string& condition = "") {
  return R"({"Effect":"Allow","Action":")" + action + R"(","Resource":")" + resource + "\"" +
         (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}";
}

// A user of the name "anna", unless a test says otherwise.
class CallerMaker {
 public:
  explicit CallerMaker(std::string_view account_number = kAccount) {
    made_.account = account_number;
    made_.arn = "arn:aws:iam::" + made_.account + ":user/anna";
    made_.user_id = "AIDAEXAMPLE";
    made_.user_name = "anna";
    made_.kind = account::PrincipalKind::kUser;
    made_.context.Set("aws:PrincipalArn", made_.arn);
    made_.context.Set("aws:PrincipalAccount", made_.account);
    made_.context.Set("aws:username", "anna");
    made_.context.Set("aws:PrincipalTag/team", "blue");
  }
  CallerMaker& Root() {
    made_.kind = account::PrincipalKind::kRoot;
    made_.arn = "arn:aws:iam::" + made_.account + ":root";
    made_.policies.root = true;
    made_.user_name.clear();
    return *this;
  }
  CallerMaker& With(const std::string& statements) {
    made_.policies.identity.push_back(Keep(statements));
    return *this;
  }
  CallerMaker& Bounded(const std::string& statements) {
    made_.policies.boundary = {Keep(statements)};
    return *this;
  }
  CallerMaker& InSession(const std::string& statements) {
    made_.policies.session = {Keep(statements)};
    return *this;
  }
  CallerMaker& Issued(account::Issuer issuer) {
    made_.issuer = issuer;
    return *this;
  }
  account::PrincipalPtr Make() {
    made_.identity.account = made_.account;
    made_.identity.arn = made_.arn;
    made_.identity.id = made_.user_id;
    return std::make_shared<const account::Principal>(made_);
  }

 private:
  const account::policy::Document* Keep(const std::string& statements) {
    made_.documents.push_back(Policy(statements));
    return made_.documents.back().get();
  }

  account::Principal made_;
};

// Resources by their names; counts how often they are looked for.
class TestDirectory final : public account::ResourceDirectory {
 public:
  Result<Resources> Find(const account::ResourceName& name) const override {
    ++finds;
    if (failure) return std::unexpected(*failure);
    const auto found = resources.find(name.name);
    return found == resources.end() ? Resources{} : found->second;
  }
  std::optional<Result<Resources>> TryFind(const account::ResourceName& name) const override {
    if (waits) return std::nullopt;
    return Find(name);
  }

  std::map<std::string, Resources, std::less<>> resources;
  std::optional<Error> failure;
  bool waits = false;
  mutable int finds = 0;
};

}  // namespace bedplate::gateway
