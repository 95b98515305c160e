// Request lines and the texts of headers and forms, from anyone: routing and decoding never fail
// but by saying so, and labels stay within the target.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/rest/http_text.h"
#include "wire/router.h"
#include "wire/rpc/query_form.h"
#include "wire/timestamp.h"
#include "wire/uri.h"

namespace wire = bedplate::wire;

namespace {

constexpr std::string_view kQuery[] = {"tagKeys"};
constexpr wire::Operation kBedrock[] = {
    {.name = "A", .method = "POST", .uri = "/model/{modelId}/converse"},
    {.name = "B", .method = "POST", .uri = "/agents/{agentId}/"},
    {.name = "C", .method = "POST", .uri = "/agents/{sessionId}"},
    {.name = "D", .method = "POST", .uri = "/a/{b}/c/{d}/e/{f}/g"},
    {.name = "E", .method = "POST", .uri = "/tags/{arn}", .required_query = kQuery},
    {.name = "F", .method = "POST", .uri = "/tags/{arn}", .first_label_holds = ":session/"},
};
constexpr wire::Operation kS3[] = {
    {.name = "G", .method = "POST", .uri = "/{Bucket}/{Key+}?acl"},
    {.name = "H", .method = "POST", .uri = "/{Bucket}/{Key+}"},
};
constexpr wire::Service kServices[] = {
    {.name = "bedrock", .signing_name = "bedrock", .operations = kBedrock},
    {.name = "s3", .signing_name = "s3", .operations = kS3},
};
constexpr const wire::Service* kList[] = {&kServices[0], &kServices[1]};

bool Within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const wire::Router router(kList);
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  bedplate::net::Request request;
  request.method = "POST";
  request.target = text;
  if ((data[0] & 1) != 0) {
    request.headers.Add("authorization", "AWS4-HMAC-SHA256 Credential=A/1/r/bedrock/aws4_request");
  } else if ((data[0] & 2) != 0) {
    request.headers.Add("authorization", text);
  }
  if (const auto match = router.Find(request)) {
    for (size_t i = 0; i < match->labels.count; ++i) {
      if (!Within(match->labels.values[i], request.target)) std::abort();
    }
  }
  std::string decoded;
  (void)wire::AppendPercentDecoded(decoded, text, (data[0] & 4) != 0);
  (void)wire::SplitHeaderList(text, (data[0] & 8) != 0);
  (void)wire::ParseForm(text);
  wire::Timestamp time;
  if (wire::ParseTimestamp(text, wire::TimestampFormat::kDefault, time)) {
    std::string written;
    wire::AppendTimestamp(written, wire::TimestampFormat::kIso8601, time);
    wire::Timestamp again;
    if (!wire::ParseTimestamp(written, wire::TimestampFormat::kIso8601, again) ||
        again.seconds != time.seconds || again.nanoseconds != time.nanoseconds) {
      std::abort();
    }
  }
  return 0;
}
