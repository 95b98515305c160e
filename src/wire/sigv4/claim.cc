#include "wire/sigv4/claim.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/text.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::wire::sigv4 {
namespace {

// spec: a presigned URL lives at most seven days.
constexpr int kExpiresSecondsMax = 604'800;

auto Incomplete(std::string message) { return Refuse(AuthFault::kIncomplete, std::move(message)); }

AuthResult<> ReadCredential(std::string_view text, Claim& claim) {
  std::array<std::string_view, 5> parts;
  size_t count = 0;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('/', start), text.size());
    if (count < parts.size()) parts[count] = text.substr(start, end - start);
    ++count;
    start = end + 1;
  }
  const bool empty_part =
      std::ranges::any_of(parts, [](std::string_view part) { return part.empty(); });
  if (count != parts.size() || empty_part) {
    return Incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got '" +
        std::string(text.substr(0, 256)) + "'");
  }
  claim.access_key_id = parts[0];
  claim.scope = text.substr(parts[0].size() + 1);
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
  claim.terminator = parts[4];
  return {};
}

void ReadSignedHeaders(std::string_view text, Claim& claim) {
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(';', start), text.size());
    const auto name = net::TrimBlanks(text.substr(start, end - start));
    if (!name.empty()) claim.signed_headers.push_back(name);
    start = end + 1;
  }
  std::ranges::sort(claim.signed_headers);
  const auto repeated = std::ranges::unique(claim.signed_headers);
  claim.signed_headers.erase(repeated.begin(), repeated.end());
}

AuthResult<> ReadBasicTimestamp(std::string_view name, std::string_view text, Claim& claim) {
  const auto time = ReadBasicTime(text);
  if (!time) {
    return Incomplete(std::string(name) + " must be in ISO-8601 basic format, e.g. " +
                      "20150830T123600Z, got '" + std::string(text.substr(0, 64)) + "'");
  }
  claim.time = *time;
  claim.timestamp = text;
  return {};
}

// The time of a signature in headers: X-Amz-Date, or Date where that is absent.
AuthResult<> ReadHeaderTime(const RequestView& request, Claim& claim) {
  if (const auto amz_date = request.Find("x-amz-date")) {
    return ReadBasicTimestamp("X-Amz-Date", net::TrimBlanks(*amz_date), claim);
  }
  const auto date = request.Find("date");
  if (!date) {
    return Incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const auto text = net::TrimBlanks(*date);
  auto time = ReadHttpDate(text);
  if (!time) time = ReadBasicTime(text);
  if (!time) {
    return Incomplete("Date must be an HTTP date, e.g. Sun, 30 Aug 2015 12:36:00 GMT, got '" +
                      std::string(text.substr(0, 64)) + "'");
  }
  claim.time = *time;
  claim.timestamp = BasicTime(*time);
  return {};
}

AuthResult<> RefuseRepeatedHeaders(const RequestView& request) {
  // A second value of one of these would be signed as "a,b" here and read as "a" elsewhere.
  constexpr std::array<std::string_view, 5> kOnce = {
      "authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"};
  for (const auto name : kOnce) {
    if (std::ranges::count(request.headers, name, &HeaderView::name) > 1) {
      return Incomplete("Header '" + std::string(name) + "' must not come more than once.");
    }
  }
  return {};
}

struct Parameters {
  std::optional<std::string_view> credential;
  std::optional<std::string_view> signed_headers;
  std::optional<std::string_view> signature;
};

AuthResult<Parameters> ReadParameters(std::string_view text) {
  Parameters found;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const auto part = net::TrimBlanks(text.substr(start, end - start));
    start = end + 1;
    if (part.empty()) continue;
    const size_t equal = part.find('=');
    if (equal == std::string_view::npos) {
      return Incomplete("'" + std::string(part.substr(0, 256)) +
                        "' not a valid key=value pair (missing equal-sign) in Authorization "
                        "header.");
    }
    const auto name = part.substr(0, equal);
    std::optional<std::string_view>* slot = name == "Credential"      ? &found.credential
                                            : name == "SignedHeaders" ? &found.signed_headers
                                            : name == "Signature"     ? &found.signature
                                                                      : nullptr;
    if (slot == nullptr) continue;
    if (*slot) {
      return Incomplete("Authorization header has more than one '" + std::string(name) +
                        "' parameter.");
    }
    *slot = part.substr(equal + 1);
  }
  return found;
}

AuthResult<Claim> ReadHeaderClaim(const RequestView& request, std::string_view text) {
  const auto parameters = ReadParameters(text.substr(kAlgorithm.size()));
  if (!parameters) return std::unexpected(parameters.error());
  std::string missing;
  const auto require = [&missing](const auto& parameter, std::string_view name) {
    if (parameter && !parameter->empty()) return;
    missing.append(missing.empty() ? "" : " ")
        .append("Authorization header requires '")
        .append(name)
        .append("' parameter.");
  };
  require(parameters->credential, "Credential");
  require(parameters->signature, "Signature");
  require(parameters->signed_headers, "SignedHeaders");
  if (!missing.empty()) return Incomplete(std::move(missing));

  Claim claim;
  if (auto read = ReadCredential(*parameters->credential, claim); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadHeaderTime(request, claim); !read) return std::unexpected(read.error());
  ReadSignedHeaders(*parameters->signed_headers, claim);
  claim.signature = *parameters->signature;
  if (const auto token = request.Find("x-amz-security-token")) {
    claim.security_token = net::TrimBlanks(*token);
  }
  return claim;
}

enum QueryName { kAlgorithmName, kCredential, kDate, kExpires, kHeaders, kSignature, kToken };
constexpr std::array<std::string_view, 7> kQueryNames = {
    "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",          "X-Amz-Expires",
    "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Security-Token"};
using QueryValues = std::array<std::optional<std::string_view>, kQueryNames.size()>;

// Values are decoded into claim.decoded, which is made large enough before the first.
AuthResult<QueryValues> ReadQueryValues(std::string_view query, Claim& claim) {
  QueryValues values;
  claim.decoded.reserve(query.size());
  for (size_t start = 0; start < query.size();) {
    const size_t end = std::min(query.find('&', start), query.size());
    const auto pair = query.substr(start, end - start);
    start = end + 1;
    const size_t equal = std::min(pair.find('='), pair.size());
    const auto name = std::ranges::find(kQueryNames, pair.substr(0, equal));
    if (name == kQueryNames.end()) continue;
    auto& value = values[static_cast<size_t>(name - kQueryNames.begin())];
    if (value) {
      return Incomplete("Query parameter '" + std::string(*name) +
                        "' must not come more than once.");
    }
    std::string decoded;
    if (equal < pair.size()) AppendDecoded(decoded, pair.substr(equal + 1), true);
    const size_t at = claim.decoded.size();
    claim.decoded.insert(claim.decoded.end(), decoded.begin(), decoded.end());
    value = std::string_view(claim.decoded.data() + at, decoded.size());
  }
  return values;
}

AuthResult<Claim> ReadQueryClaim(const RequestView& request) {
  Claim claim;
  claim.presigned = true;
  const auto values = ReadQueryValues(request.query, claim);
  if (!values) return std::unexpected(values.error());
  std::string missing;
  for (const auto name : {kAlgorithmName, kCredential, kSignature, kHeaders, kDate, kExpires}) {
    const auto& value = (*values)[name];
    if (value && !value->empty()) continue;
    missing.append(missing.empty() ? "" : " ")
        .append("AWS query-string parameters must include '")
        .append(kQueryNames[name])
        .append("'.");
  }
  if (!missing.empty()) return Incomplete(std::move(missing));
  if (*(*values)[kAlgorithmName] != kAlgorithm) {
    return Incomplete("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\", got '" +
                      std::string((*values)[kAlgorithmName]->substr(0, 64)) + "'");
  }
  const auto expires = *(*values)[kExpires];
  const auto [end, error] =
      std::from_chars(expires.data(), expires.data() + expires.size(), claim.expires_s);
  if (error != std::errc() || end != expires.data() + expires.size() || claim.expires_s < 1 ||
      claim.expires_s > kExpiresSecondsMax) {
    return Incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800, got '" +
                      std::string(expires.substr(0, 64)) + "'");
  }
  if (auto read = ReadCredential(*(*values)[kCredential], claim); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadBasicTimestamp("X-Amz-Date", *(*values)[kDate], claim); !read) {
    return std::unexpected(read.error());
  }
  ReadSignedHeaders(*(*values)[kHeaders], claim);
  claim.signature = *(*values)[kSignature];
  claim.security_token = (*values)[kToken].value_or(std::string_view());
  return claim;
}

bool HasQueryClaim(std::string_view query) {
  return query.find("X-Amz-Algorithm=") != std::string_view::npos ||
         query.find("X-Amz-Signature=") != std::string_view::npos;
}

}  // namespace

bool HasClaim(const RequestView& request) {
  return request.Find("authorization").has_value() || HasQueryClaim(request.query);
}

AuthResult<std::optional<Claim>> ReadClaim(const RequestView& request) {
  const auto header = request.Find("authorization");
  const bool in_query = HasQueryClaim(request.query);
  if (!header && !in_query) return std::nullopt;
  if (auto once = RefuseRepeatedHeaders(request); !once) return std::unexpected(once.error());
  if (header && in_query) {
    return Incomplete(
        "A request is signed by an Authorization header or by query parameters, not by both.");
  }
  if (!header) return ReadQueryClaim(request);
  const auto text = net::TrimBlanks(*header);
  if (!text.starts_with(kAlgorithm)) {
    const auto scheme = text.substr(0, std::min(text.find(' '), size_t{32}));
    return Incomplete("Authorization header must begin with 'AWS4-HMAC-SHA256', got '" +
                      std::string(scheme) + "'");
  }
  return ReadHeaderClaim(request, text);
}

}  // namespace bedplate::wire::sigv4
