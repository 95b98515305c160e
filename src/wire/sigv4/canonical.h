// The canonical request and the string to sign: one text for a request, whoever writes it down.
//
// Threads: pure functions.
// spec: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bedplate::wire::sigv4 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kTerminator = "aws4_request";

// Header fields: names in lower case, values as sent.
using HeaderField = std::pair<std::string, std::string>;
struct HeaderView {
  std::string_view name;
  std::string_view value;
};
std::vector<HeaderView> ViewsOf(std::span<const HeaderField> headers);

// What of a request is signed; views into it.
struct RequestView {
  std::string_view method;
  std::string_view path;   // raw, as sent: "/model/a%3Ab/converse"
  std::string_view query;  // raw, without the question mark
  std::string_view host;   // Host or :authority, for requests whose headers have no host
  std::span<const HeaderView> headers;

  // First value of the header of that (lower case) name.
  std::optional<std::string_view> Find(std::string_view name) const;
};

// A target in origin form ("/path?query") cut into the two.
std::pair<std::string_view, std::string_view> SplitTarget(std::string_view target);

// S3 signs a path as it stands, encoded once. All other services drop empty, "." and ".."
// segments and encode what was sent once more, percent signs included.
enum class PathRule : uint8_t { kEncodeAgain, kAsSent };

void AppendCanonicalPath(std::string& out, std::string_view path, PathRule rule);

// Parameters in order of encoded name and value. X-Amz-Signature is left out: it cannot sign
// itself.
void AppendCanonicalQuery(std::string& out, std::string_view query);

// `signed_headers` in lower case and sorted. A name that the request does not have counts as an
// empty value, so its signature does not match.
std::string CanonicalRequest(const RequestView& request,
                             std::span<const std::string_view> signed_headers,
                             std::string_view payload_hash, PathRule rule);

// `scope` is "20150830/us-east-1/bedrock/aws4_request".
std::string StringToSign(std::string_view timestamp, std::string_view scope,
                         std::string_view canonical_request);

}  // namespace bedplate::wire::sigv4
