// Verifies requests that botocore signed (sign_with_botocore.py wrote them just now).
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/environment.h"
#include "wire/sigv4/payload.h"
#include "wire/sigv4/signing_key.h"
#include "wire/sigv4/uri_encode.h"
#include "wire/sigv4/verify.h"

namespace bedplate::wire::sigv4 {
namespace {

const std::string kSecret = "a/secret+of=forty~characters-for*the$test";

struct SignedRequest {
  std::string name, method, path, query, body, rule, service;
  std::vector<HeaderField> headers;

  std::vector<HeaderView> views{};

  RequestView View() {
    views = ViewsOf(headers);
    return {method, path, query, "", views};
  }
  PathRule Rule() const { return rule == "s3" ? PathRule::kAsSent : PathRule::kEncodeAgain; }
};

std::string FromHex(const std::string& hex) {
  std::string percent;
  if (hex == "-") return percent;
  for (size_t i = 0; i < hex.size(); i += 2) percent.append("%").append(hex, i, 2);
  std::string out;
  AppendDecoded(out, percent, false);
  return out;
}

std::string Next(std::istream& in) {
  std::string word;
  in >> word;
  return FromHex(word);
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<SignedRequest> Load(const std::string& path) {
  std::vector<SignedRequest> requests;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "request") {
      auto& r = requests.emplace_back();
      for (auto* field : {&r.name, &r.method, &r.path, &r.query, &r.body, &r.rule, &r.service}) {
        *field = Next(words);
      }
    } else if (kind == "header") {
      auto name = Lower(Next(words));
      requests.back().headers.emplace_back(std::move(name), Next(words));
    }
  }
  return requests;
}

std::string Verdict(SignedRequest& request) {
  const auto view = request.View();
  const auto read = ReadClaim(view);
  if (!read) return read.error().message;
  if (!*read) return "not signed";
  const Claim& claim = **read;
  const auto payload = ReadPayload(view, claim.presigned, request.Rule());
  if (!payload) return payload.error().message;
  const auto hash = payload->kind == PayloadKind::kHashed ? HexOf(HashOf(request.body))
                                                          : std::string(payload->canonical);
  const Digest key = MakeSigningKey(kSecret, claim.date, claim.region, claim.service);
  for (const auto& result :
       {CheckScope(claim, "eu-west-3", request.service),
        CheckTime(claim, ReadBasicTime("20240601T120000Z").value()),
        CheckSignedHeaders(claim, view), CheckSignature(claim, view, hash, request.Rule(), key)}) {
    if (!result) return result.error().message;
  }
  return "passed";
}

TEST(Botocore, SignsAsWeVerify) {
  const auto path = Find(ReadEnvironment(), "BEDPLATE_SIGV4_VECTORS");
  if (!path) GTEST_SKIP() << "run by ctest, which makes the requests first";
  auto requests = Load(*path);
  ASSERT_EQ(requests.size(), 300u);
  for (auto& request : requests) {
    EXPECT_EQ(Verdict(request), "passed") << request.name;
    SignedRequest tampered = request;
    tampered.path += "x";
    EXPECT_NE(Verdict(tampered), "passed") << request.name;
  }
}

}  // namespace
}  // namespace bedplate::wire::sigv4
