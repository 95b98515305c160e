// Signed requests from outside: target, headers and Authorization are the fuzzer's. Never crash;
// never pass a signature, for nobody knows the secret; and what our own signer signs passes.
#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "wire/sigv4/payload.h"
#include "wire/sigv4/sign.h"
#include "wire/sigv4/signing_key.h"
#include "wire/sigv4/verify.h"

using namespace bedplate::wire::sigv4;

namespace {

constexpr Seconds kNow{std::chrono::seconds(1'717'243'200)};

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void Verify(const RequestView& request, PathRule rule, const Digest& key, bool must_pass) {
  const auto read = ReadClaim(request);
  const bool is_read = read && read->has_value();
  if (must_pass && !is_read) std::abort();
  if (!is_read) return;
  const Claim& claim = **read;
  (void)CheckScope(claim, "us-east-1", "bedrock");
  (void)CheckTime(claim, kNow);
  (void)CheckSignedHeaders(claim, request);
  (void)ReadPayload(request, claim.presigned, rule);
  (void)ReadDecodedLength(request);
  const bool passed = CheckSignature(claim, request, kHashOfNothing, rule, key).has_value();
  if (passed != must_pass) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Digest kKey = MakeSigningKey("secret", "20240601", "us-east-1", "bedrock");
  const auto rule = size % 2 == 0 ? PathRule::kEncodeAgain : PathRule::kAsSent;
  RequestView request;
  request.method = TakeLine(text);
  std::tie(request.path, request.query) = SplitTarget(TakeLine(text));
  request.host = "localhost";
  std::vector<HeaderField> headers;
  while (!text.empty() && headers.size() < 64) {
    const auto line = TakeLine(text);
    const size_t colon = std::min(line.find(':'), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  auto views = ViewsOf(headers);
  request.headers = views;
  Verify(request, rule, kKey, /*must_pass=*/false);

  // The same request, signed by us after what would make it ambiguous is taken out.
  std::erase_if(headers, [](const HeaderField& field) {
    return field.first.empty() || field.first == "authorization" || field.first == "host" ||
           field.first == "date" || field.first.starts_with("x-amz-") ||
           field.first.find_first_of(" \t;,") != field.first.npos;
  });
  if (request.query.find("X-Amz-") != std::string_view::npos) request.query = {};
  views = ViewsOf(headers);
  request.headers = views;
  const SigningIdentity identity{"AKIA", "secret", "", "us-east-1", "bedrock"};
  for (auto& added : SignRequest(identity, request, kHashOfNothing, kNow, rule)) {
    headers.push_back(std::move(added));
  }
  views = ViewsOf(headers);
  request.headers = views;
  Verify(request, rule, kKey, /*must_pass=*/true);
  return 0;
}
