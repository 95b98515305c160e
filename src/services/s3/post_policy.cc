#include "services/s3/post_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "account/objects/s3_error.h"
#include "base/base64.h"
#include "base/json/value.h"
#include "net/text.h"
#include "wire/timestamp.h"

namespace bedplate::services::s3 {
namespace {

using account::objects::S3Fail;

std::unexpected<Error> Invalid(std::string_view what) {
  return S3Fail("InvalidPolicyDocument", 400, fmt::format("Invalid Policy: {}", what));
}

std::unexpected<Error> Refused(std::string_view why) {
  return S3Fail("AccessDenied", 403, fmt::format("Invalid according to Policy: {}", why));
}

// A policy may escape a dollar sign, which JSON does not.
std::string AsJson(std::string_view text) {
  std::string json;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != '$') json += '\\';
      json += text[++i];
    } else {
      json += text[i];
    }
  }
  return json;
}

// "$Content-Type" as "content-type"; nothing for what is no name of a field.
std::optional<std::string> FieldOf(const json::Value& name) {
  const std::string* const text = name.AsString();
  if (text == nullptr || text->size() < 2 || text->front() != '$') return std::nullopt;
  return net::ToLower(std::string_view(*text).substr(1));
}

// A number, or one written as a text.
std::optional<uint64_t> BytesOf(const json::Value& value) {
  int64_t number = 0;
  if (value.ToInt64(number)) {
    return number < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(number));
  }
  uint64_t written = 0;
  const std::string* const text = value.AsString();
  if (text == nullptr || !net::ParseDecimal(*text, written)) return std::nullopt;
  return written;
}

// {"acl": "public-read"}
Result<void> ReadSimple(const json::Value::Object& object, PostPolicy& policy) {
  if (object.size() != 1) {
    return Invalid(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
        "specified.");
  }
  const auto& [name, value] = object.front();
  if (!value.is_string()) {
    return Invalid(fmt::format("Invalid Simple-Condition: value of '{}' must be a string.", name));
  }
  policy.conditions.push_back({.field = net::ToLower(name), .value = *value.AsString()});
  return {};
}

// ["eq", "$acl", "public-read"], ["starts-with", "$key", "user/"],
// ["content-length-range", 0, 1024]
Result<void> ReadList(const json::Value::Array& array, PostPolicy& policy) {
  const std::string* const verb = array.empty() ? nullptr : array[0].AsString();
  if (verb == nullptr || array.size() != 3) {
    return Invalid("Invalid Condition: it must be an operation and two operands.");
  }
  const std::string operation = net::ToLower(*verb);
  if (operation == "content-length-range") {
    const auto least = BytesOf(array[1]);
    const auto most = BytesOf(array[2]);
    if (!least || !most || *least > *most) {
      return Invalid("Invalid content-length-range: it must have two lengths, the shorter first.");
    }
    policy.bytes_min = std::max(policy.bytes_min, *least);
    policy.bytes_max = std::min(policy.bytes_max, *most);
    return {};
  }
  if (operation != "eq" && operation != "starts-with") {
    return Invalid(fmt::format("Invalid Condition: unknown operation '{}'.", verb->substr(0, 64)));
  }
  const auto field = FieldOf(array[1]);
  if (!field || !array[2].is_string()) {
    return Invalid(
        fmt::format("Invalid Condition: '{}' must have a field, as in \"$key\", and a "
                    "string.",
                    operation));
  }
  policy.conditions.push_back(
      {.starts_with = operation != "eq", .field = *field, .value = *array[2].AsString()});
  return {};
}

// Of a list of content types each must begin so.
bool BeginsSo(const PostCondition& condition, std::string_view value) {
  if (condition.field != "content-type") return value.starts_with(condition.value);
  for (;;) {
    const size_t comma = value.find(',');
    if (!net::TrimBlanks(value.substr(0, comma)).starts_with(condition.value)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

std::string Written(const PostCondition& condition) {
  return json::Value(json::Value::Array{condition.starts_with ? "starts-with" : "eq",
                                        "$" + condition.field, condition.value})
      .ToJson();
}

// Fields that a policy need not speak of.
bool NeedsNoCondition(std::string_view field) {
  return field == "policy" || field == "signature" || field == "x-amz-signature" ||
         field == "awsaccesskeyid" || field == "file" || field.starts_with("x-ignore-");
}

}  // namespace

Result<PostPolicy> ReadPostPolicy(std::string_view base64) {
  std::string text;
  if (!AppendFromBase64(text, base64)) return Invalid("Invalid Base64 Encoding.");
  const auto document = json::Value::Parse(AsJson(text));
  if (!document) return Invalid(fmt::format("Invalid JSON: {}", document.error().message));
  if (!document->is_object()) return Invalid("Invalid JSON: it must be an object.");
  const json::Value* const expiration = document->Find("expiration");
  if (expiration == nullptr) return Invalid("Policy missing expiration.");
  PostPolicy policy;
  wire::Timestamp expires;
  if (!expiration->is_string() ||
      !wire::ParseTimestamp(*expiration->AsString(), wire::TimestampFormat::kIso8601, expires)) {
    return Invalid(
        fmt::format("Invalid 'expiration' value: '{}'", expiration->ToJson().substr(0, 64)));
  }
  policy.expires_at_s = expires.seconds;
  const json::Value* const conditions = document->Find("conditions");
  if (conditions == nullptr) return Invalid("Policy missing conditions.");
  if (!conditions->is_array()) return Invalid("Invalid 'conditions' value: must be a List.");
  for (const json::Value& condition : *conditions->AsArray()) {
    Result<void> read;
    if (const auto* const object = condition.AsObject()) {
      read = ReadSimple(*object, policy);
    } else if (const auto* const array = condition.AsArray()) {
      read = ReadList(*array, policy);
    } else {
      read = Invalid("Invalid Condition: it must be an object or a list.");
    }
    if (!read) return std::unexpected(std::move(read.error()));
  }
  return policy;
}

Result<void> CheckPostPolicy(const PostPolicy& policy, const PostForm& form,
                             std::string_view bucket, int64_t now_s) {
  if (now_s >= policy.expires_at_s) return Refused("Policy expired.");
  for (const PostCondition& condition : policy.conditions) {
    // A field that is not there is an empty one.
    const std::string_view value = condition.field == "bucket"
                                       ? bucket
                                       : form.Find(condition.field).value_or(std::string_view());
    const bool met = condition.starts_with ? BeginsSo(condition, value) : value == condition.value;
    if (!met) return Refused(fmt::format("Policy Condition failed: {}", Written(condition)));
  }
  std::string extra;
  for (const auto& [name, value] : form.fields()) {
    const bool spoken_of = std::ranges::any_of(
        policy.conditions, [&](const PostCondition& condition) { return condition.field == name; });
    if (spoken_of || NeedsNoCondition(name)) continue;
    extra.append(extra.empty() ? "" : ", ").append(name.substr(0, 64));
  }
  if (!extra.empty()) return Refused(fmt::format("Extra input fields: {}", extra));
  return {};
}

Result<void> CheckNotTooLarge(const PostPolicy& policy, uint64_t bytes) {
  if (bytes <= policy.bytes_max) return {};
  return S3Fail(
      "EntityTooLarge", 400,
      fmt::format("Your proposed upload exceeds the maximum allowed size: it has {} bytes "
                  "or more, and {} are the most.",
                  bytes, policy.bytes_max));
}

Result<void> CheckNotTooSmall(const PostPolicy& policy, uint64_t bytes) {
  if (bytes >= policy.bytes_min) return {};
  return S3Fail("EntityTooSmall", 400,
                fmt::format("Your proposed upload is smaller than the minimum allowed size: it has "
                            "{} bytes, and {} are the least.",
                            bytes, policy.bytes_min));
}

}  // namespace bedplate::services::s3
