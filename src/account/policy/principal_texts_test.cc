#include "account/policy/principal_texts.h"

#include <gtest/gtest.h>

namespace bedplate::account::policy {
namespace {

std::string Renamed(std::string_view text) {
  return RenamePrincipals(text, [](std::string_view name) -> std::optional<std::string> {
    if (name == "anna") return "AIDA\"1";
    if (name == "role") return "AROA2";
    return std::nullopt;
  });
}

TEST(PrincipalTextsTest, OnlyAwsPrincipalsHaveOtherNames) {
  EXPECT_EQ(Renamed(R"({ "Statement" : { "Principal" : {"AWS":  "anna"} } })"),
            R"({ "Statement" : { "Principal" : {"AWS":  "AIDA\"1"} } })");
  EXPECT_EQ(Renamed(R"({"Statement":[{"Principal":{"AWS":["role","x","anna"],"Service":"role"}},
{"NotPrincipal":{"AWS":"role"}}]})"),
            R"({"Statement":[{"Principal":{"AWS":["AROA2","x","AIDA\"1"],"Service":"role"}},
{"NotPrincipal":{"AWS":"AROA2"}}]})");
  EXPECT_EQ(Renamed(R"({"Statement":{"Principal":{"A\u0057S":"\u0061nna"}}})"),
            R"({"Statement":{"Principal":{"A\u0057S":"AIDA\"1"}}})");
  for (const char* same :
       {R"({"Id":"anna","AWS":"anna","Principal":{"AWS":"anna"}})",
        R"({"Statement":[{"Sid":"role","Condition":{"StringLike":{"aws:x":["anna","role"]}}}]})",
        R"({"Statement":{"Condition":{"Principal":{"AWS":"anna"}},"Resource":["anna"]}})",
        R"({"Statement":{"Principal":"anna","Effect":"Allow","Numbers":[1,true,null,{}]}})",
        R"({"Statement":{"Principal":{"AWS":{"AWS":"anna"},"Federated":"anna"}}})", "anna",
        R"("anna")", R"({"Statement":{"Principal":{"AWS":"anna"})", "", "{", "[[[[", "\"\\"}) {
    EXPECT_EQ(Renamed(same), same);
  }
}

TEST(PrincipalTextsTest, DepthHasABound) {
  const std::string deep = R"({"Statement":)" + std::string(60, '[') +
                           R"({"Principal":{"AWS":"anna"}})" + std::string(60, ']') + "}";
  EXPECT_EQ(Renamed(deep), deep);
}

}  // namespace
}  // namespace bedplate::account::policy
