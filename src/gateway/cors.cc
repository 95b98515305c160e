#include "gateway/cors.h"

#include <algorithm>
#include <string>

#include "net/text.h"
#include "wire/error.h"
#include "wire/uri.h"

namespace bedplate::gateway {
namespace {

namespace objects = account::objects;

// `pattern` has at most one "*".
bool MatchesStar(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return net::EqualsIgnoringCase(pattern, text);
  const std::string_view begin = pattern.substr(0, star);
  const std::string_view end = pattern.substr(star + 1);
  return text.size() >= begin.size() + end.size() &&
         net::EqualsIgnoringCase(text.substr(0, begin.size()), begin) &&
         net::EqualsIgnoringCase(text.substr(text.size() - end.size()), end);
}

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return MatchesStar(pattern, text); });
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined.append(joined.empty() ? "" : ", ").append(text);
  return joined;
}

// The bucket that the path begins with.
objects::BucketPtr BucketOf(const Passage& passage, const objects::Buckets& buckets) {
  std::string_view path = wire::SplitTarget(passage.request.target).path;
  if (path.empty()) return nullptr;
  path.remove_prefix(1);
  std::string name;
  if (!wire::AppendPercentDecoded(name, path.substr(0, path.find('/')), false)) return nullptr;
  return buckets.Find(name);
}

// Who may see it: everybody, where the rule says so.
std::string_view AllowedOrigin(const objects::CorsRule& rule, std::string_view origin) {
  return std::ranges::find(rule.origins, "*") != rule.origins.end() ? "*" : origin;
}

net::Response Forbidden(const Passage& passage, std::string message) {
  wire::WireError error{.status = 403, .type = "AccessForbidden", .message = std::move(message)};
  error.resource = passage.view.path;
  return wire::ErrorResponse(wire::Protocol::kRestXml, error, passage.call.request_id);
}

}  // namespace

const objects::CorsRule* FindCorsRule(const objects::Bucket& bucket, std::string_view origin,
                                      std::string_view method, std::string_view headers) {
  const auto allows = [&](const objects::CorsRule& rule) {
    if (!MatchesAny(rule.origins, origin)) return false;
    if (std::ranges::find(rule.methods, method) == rule.methods.end()) return false;
    std::string_view rest = headers;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(','), rest.size());
      const std::string_view name = net::TrimBlanks(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!name.empty() && !MatchesAny(rule.headers, name)) return false;
    }
    return true;
  };
  const auto found = std::ranges::find_if(bucket.cors, allows);
  return found == bucket.cors.end() ? nullptr : &*found;
}

std::optional<net::Response> PreflightAnswer(const Passage& passage,
                                             const objects::Buckets& buckets) {
  if (passage.view.method != "OPTIONS" || passage.match.service != nullptr) return std::nullopt;
  const auto origin = passage.view.Find("origin");
  const auto method = passage.view.Find("access-control-request-method");
  const auto bucket = BucketOf(passage, buckets);
  if (!origin || !method || !bucket) {
    return Forbidden(passage,
                     "CORSResponse: this is no preflight request to a bucket: it needs an "
                     "Origin and an Access-Control-Request-Method");
  }
  const std::string_view headers =
      passage.view.Find("access-control-request-headers").value_or(std::string_view());
  const objects::CorsRule* const rule = FindCorsRule(*bucket, *origin, *method, headers);
  if (rule == nullptr) {
    return Forbidden(passage, bucket->cors.empty()
                                  ? "CORSResponse: CORS is not enabled for this bucket."
                                  : "CORSResponse: This CORS request is not allowed.");
  }
  net::Response response;
  response.headers.Set("x-amz-request-id", passage.call.request_id);
  response.headers.Set("access-control-allow-origin", AllowedOrigin(*rule, *origin));
  response.headers.Set("access-control-allow-methods", Joined(rule->methods));
  if (!headers.empty()) response.headers.Set("access-control-allow-headers", headers);
  if (!rule->expose.empty()) {
    response.headers.Set("access-control-expose-headers", Joined(rule->expose));
  }
  if (rule->max_age_s >= 0) {
    response.headers.Set("access-control-max-age", std::to_string(rule->max_age_s));
  }
  response.headers.Set("vary",
                       "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return response;
}

void AddCorsHeaders(const Passage& passage, const objects::Buckets& buckets) {
  if (passage.match.service == nullptr || passage.match.service->name != "s3") return;
  const auto origin = passage.view.Find("origin");
  const auto bucket = origin ? BucketOf(passage, buckets) : nullptr;
  if (!bucket) return;
  const objects::CorsRule* const rule =
      FindCorsRule(*bucket, *origin, passage.view.method, std::string_view());
  if (rule == nullptr) return;
  auto& headers = passage.call.response_headers;
  headers.emplace_back("access-control-allow-origin", AllowedOrigin(*rule, *origin));
  if (!rule->expose.empty()) {
    headers.emplace_back("access-control-expose-headers", Joined(rule->expose));
  }
  headers.emplace_back("vary",
                       "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

}  // namespace bedplate::gateway
