#include "wire/sigv4/canonical.h"

#include <algorithm>

#include "wire/sigv4/digest.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::wire::sigv4 {
namespace {

// The path without empty, "." and ".." segments; a slash at the end stays.
std::string Normalized(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t start = 0; start < path.size();) {
    size_t end = path.find('/', start);
    if (end == std::string_view::npos) end = path.size();
    const auto segment = path.substr(start, end - start);
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    start = end + 1;
  }
  std::string out;
  out.reserve(path.size() + 1);
  for (const auto segment : segments) out.append("/").append(segment);
  if (segments.empty() || path.back() == '/') out.push_back('/');
  return out;
}

bool NeedsNormalizing(std::string_view path) {
  return !path.starts_with('/') || path.find("//") != std::string_view::npos ||
         path.find("/.") != std::string_view::npos;
}

std::string Reencoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  AppendDecoded(decoded, text, /*plus_is_space=*/true);
  std::string encoded;
  encoded.reserve(text.size());
  AppendEncoded(encoded, decoded, Slash::kEncode);
  return encoded;
}

// Segment by segment, so that a slash sent as %2F stays one.
void AppendReencodedPath(std::string& out, std::string_view path) {
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    std::string segment;
    AppendDecoded(segment, path.substr(start, end - start), /*plus_is_space=*/false);
    if (start != 0) out.push_back('/');
    AppendEncoded(out, segment, Slash::kEncode);
    start = end + 1;
  }
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Outer blanks gone, inner runs of them one space.
void AppendTrimmed(std::string& out, std::string_view value) {
  bool pending_space = false;
  bool any = false;
  for (const char c : value) {
    if (IsBlank(c)) {
      pending_space = any;
      continue;
    }
    if (pending_space) out.push_back(' ');
    pending_space = false;
    any = true;
    out.push_back(c);
  }
}

void AppendHeader(std::string& out, const RequestView& request, std::string_view name) {
  out.append(name).push_back(':');
  bool any = false;
  for (const auto& [field, value] : request.headers) {
    if (field != name) continue;
    if (any) out.push_back(',');
    AppendTrimmed(out, value);
    any = true;
  }
  // HTTP/2 clients sign the host under the name of its pseudo-header.
  if (!any && (name == "host" || name == ":authority")) out.append(request.host);
  out.push_back('\n');
}

}  // namespace

std::vector<HeaderView> ViewsOf(std::span<const HeaderField> headers) {
  std::vector<HeaderView> views;
  views.reserve(headers.size());
  for (const auto& [name, value] : headers) views.push_back({name, value});
  return views;
}

std::optional<std::string_view> RequestView::Find(std::string_view name) const {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

std::pair<std::string_view, std::string_view> SplitTarget(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

void AppendCanonicalPath(std::string& out, std::string_view path, PathRule rule) {
  if (path.empty()) {
    out.push_back('/');
  } else if (rule == PathRule::kAsSent) {
    AppendReencodedPath(out, path);
  } else if (NeedsNormalizing(path)) {
    AppendEncoded(out, Normalized(path), Slash::kKeep);
  } else {
    AppendEncoded(out, path, Slash::kKeep);
  }
}

void AppendCanonicalQuery(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  for (size_t start = 0; start <= query.size();) {
    const size_t end = std::min(query.find('&', start), query.size());
    const auto pair = query.substr(start, end - start);
    start = end + 1;
    if (pair.empty()) continue;
    const size_t equal = std::min(pair.find('='), pair.size());
    auto name = Reencoded(pair.substr(0, equal));
    if (name == "X-Amz-Signature") continue;
    auto value = equal < pair.size() ? Reencoded(pair.substr(equal + 1)) : std::string();
    parameters.emplace_back(std::move(name), std::move(value));
  }
  std::ranges::sort(parameters);
  const size_t start = out.size();
  for (const auto& [name, value] : parameters) {
    if (out.size() != start) out.push_back('&');
    out.append(name).append("=").append(value);
  }
}

std::string CanonicalRequest(const RequestView& request,
                             std::span<const std::string_view> signed_headers,
                             std::string_view payload_hash, PathRule rule) {
  std::string out;
  out.reserve(1024);
  out.append(request.method).push_back('\n');
  AppendCanonicalPath(out, request.path, rule);
  out.push_back('\n');
  AppendCanonicalQuery(out, request.query);
  out.push_back('\n');
  for (const auto name : signed_headers) AppendHeader(out, request, name);
  out.push_back('\n');
  for (size_t i = 0; i < signed_headers.size(); ++i) {
    if (i != 0) out.push_back(';');
    out.append(signed_headers[i]);
  }
  out.append("\n").append(payload_hash);
  return out;
}

std::string StringToSign(std::string_view timestamp, std::string_view scope,
                         std::string_view canonical_request) {
  std::string out;
  out.reserve(kAlgorithm.size() + timestamp.size() + scope.size() + 67);
  out.append(kAlgorithm).append("\n").append(timestamp).append("\n").append(scope).append("\n");
  AppendHex(out, HashOf(canonical_request));
  return out;
}

}  // namespace bedplate::wire::sigv4
