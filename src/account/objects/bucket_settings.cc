#include "account/objects/bucket_settings.h"

#include "base/json/value.h"

namespace bedplate::account::objects {
namespace {

using json::Value;

std::unexpected<Error> Damaged() {
  return Fail(Fault::kInternal, "What was said of the bucket cannot be read");
}

Value ArrayOf(const std::vector<std::string>& texts) {
  Value::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

Value ValueOf(const Tags& tags) {
  Value::Array array;
  for (const auto& [key, value] : tags) {
    array.emplace_back(Value::Array{Value(key), Value(value)});
  }
  return array;
}

std::string TextAt(const Value& object, std::string_view key) {
  const Value* const found = object.Find(key);
  const std::string* const text = found != nullptr ? found->AsString() : nullptr;
  return text != nullptr ? *text : std::string();
}

bool BooleanAt(const Value& object, std::string_view key) {
  const Value* const found = object.Find(key);
  const bool* const value = found != nullptr ? found->AsBoolean() : nullptr;
  return value != nullptr && *value;
}

int64_t NumberAt(const Value& object, std::string_view key, int64_t otherwise) {
  const Value* const found = object.Find(key);
  int64_t number = otherwise;
  return found != nullptr && found->ToInt64(number) ? number : otherwise;
}

int IntAt(const Value& object, std::string_view key, int otherwise = 0) {
  return static_cast<int>(NumberAt(object, key, otherwise));
}

std::vector<std::string> TextsAt(const Value& object, std::string_view key) {
  std::vector<std::string> texts;
  const Value* const found = object.Find(key);
  const Value::Array* const array = found != nullptr ? found->AsArray() : nullptr;
  if (array == nullptr) return texts;
  for (const Value& each : *array) {
    if (const std::string* const text = each.AsString()) texts.push_back(*text);
  }
  return texts;
}

std::optional<Tags> ReadTags(const Value& value) {
  const Value::Array* const array = value.AsArray();
  if (array == nullptr) return std::nullopt;
  Tags tags;
  for (const Value& each : *array) {
    const Value::Array* const pair = each.AsArray();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_string()) {
      return std::nullopt;
    }
    tags.emplace_back(*(*pair)[0].AsString(), *(*pair)[1].AsString());
  }
  return tags;
}

CorsRule ReadCorsRule(const Value& value) {
  return {.id = TextAt(value, "id"),
          .origins = TextsAt(value, "origins"),
          .methods = TextsAt(value, "methods"),
          .headers = TextsAt(value, "headers"),
          .expose = TextsAt(value, "expose"),
          .max_age_s = IntAt(value, "max_age_s", -1)};
}

LifecycleRule ReadLifecycleRule(const Value& value) {
  const Value* const tags = value.Find("tags");
  return {.id = TextAt(value, "id"),
          .enabled = BooleanAt(value, "enabled"),
          .has_filter = BooleanAt(value, "has_filter"),
          .prefix = TextAt(value, "prefix"),
          .has_prefix = BooleanAt(value, "has_prefix"),
          .tags = tags != nullptr ? ReadTags(*tags).value_or(Tags{}) : Tags{},
          .has_and = BooleanAt(value, "has_and"),
          .size_greater_than = NumberAt(value, "size_greater_than", -1),
          .size_less_than = NumberAt(value, "size_less_than", -1),
          .expire_days = IntAt(value, "expire_days"),
          .expire_at_s = NumberAt(value, "expire_at_s", 0),
          .expire_markers = BooleanAt(value, "expire_markers"),
          .noncurrent_days = IntAt(value, "noncurrent_days"),
          .noncurrent_kept = IntAt(value, "noncurrent_kept"),
          .abort_uploads_days = IntAt(value, "abort_uploads_days")};
}

// Of the array that `json` is.
template <class Item, class Read>
Result<std::vector<Item>> ItemsOf(std::string_view json, Read read) {
  const auto value = Value::Parse(json);
  const Value::Array* const array = value ? value->AsArray() : nullptr;
  if (array == nullptr) return Damaged();
  std::vector<Item> items;
  for (const Value& each : *array) items.push_back(read(each));
  return items;
}

}  // namespace

std::string ToJson(const Tags& tags) { return ValueOf(tags).ToJson(); }

std::string ToJson(const PublicAccessBlock& block) {
  Value value;
  value.Set("block_public_acls", block.block_public_acls);
  value.Set("ignore_public_acls", block.ignore_public_acls);
  value.Set("block_public_policy", block.block_public_policy);
  value.Set("restrict_public_buckets", block.restrict_public_buckets);
  return value.ToJson();
}

std::string ToJson(const BucketEncryption& encryption) {
  Value value;
  value.Set("kms", encryption.kms);
  value.Set("kms_key", encryption.kms_key);
  value.Set("bucket_key", encryption.bucket_key);
  return value.ToJson();
}

std::string ToJson(const std::vector<CorsRule>& rules) {
  Value::Array array;
  for (const CorsRule& rule : rules) {
    Value value;
    value.Set("id", rule.id);
    value.Set("origins", ArrayOf(rule.origins));
    value.Set("methods", ArrayOf(rule.methods));
    value.Set("headers", ArrayOf(rule.headers));
    value.Set("expose", ArrayOf(rule.expose));
    value.Set("max_age_s", rule.max_age_s);
    array.push_back(std::move(value));
  }
  return Value(std::move(array)).ToJson();
}

std::string ToJson(const std::vector<LifecycleRule>& rules) {
  Value::Array array;
  for (const LifecycleRule& rule : rules) {
    Value value;
    value.Set("id", rule.id);
    value.Set("enabled", rule.enabled);
    value.Set("has_filter", rule.has_filter);
    value.Set("prefix", rule.prefix);
    value.Set("has_prefix", rule.has_prefix);
    value.Set("tags", ValueOf(rule.tags));
    value.Set("has_and", rule.has_and);
    value.Set("size_greater_than", rule.size_greater_than);
    value.Set("size_less_than", rule.size_less_than);
    value.Set("expire_days", rule.expire_days);
    value.Set("expire_at_s", rule.expire_at_s);
    value.Set("expire_markers", rule.expire_markers);
    value.Set("noncurrent_days", rule.noncurrent_days);
    value.Set("noncurrent_kept", rule.noncurrent_kept);
    value.Set("abort_uploads_days", rule.abort_uploads_days);
    array.push_back(std::move(value));
  }
  return Value(std::move(array)).ToJson();
}

Result<Tags> TagsOf(std::string_view json) {
  if (json.empty()) return Tags{};
  const auto value = Value::Parse(json);
  auto tags = value ? ReadTags(*value) : std::nullopt;
  if (!tags) return Damaged();
  return std::move(*tags);
}

Result<PublicAccessBlock> PublicAccessBlockOf(std::string_view json) {
  const auto value = Value::Parse(json);
  if (!value || !value->is_object()) return Damaged();
  return PublicAccessBlock{.block_public_acls = BooleanAt(*value, "block_public_acls"),
                           .ignore_public_acls = BooleanAt(*value, "ignore_public_acls"),
                           .block_public_policy = BooleanAt(*value, "block_public_policy"),
                           .restrict_public_buckets = BooleanAt(*value, "restrict_public_buckets")};
}

Result<BucketEncryption> BucketEncryptionOf(std::string_view json) {
  const auto value = Value::Parse(json);
  if (!value || !value->is_object()) return Damaged();
  return BucketEncryption{.kms = BooleanAt(*value, "kms"),
                          .kms_key = TextAt(*value, "kms_key"),
                          .bucket_key = BooleanAt(*value, "bucket_key")};
}

Result<std::vector<CorsRule>> CorsRulesOf(std::string_view json) {
  return ItemsOf<CorsRule>(json, ReadCorsRule);
}

Result<std::vector<LifecycleRule>> LifecycleRulesOf(std::string_view json) {
  return ItemsOf<LifecycleRule>(json, ReadLifecycleRule);
}

}  // namespace bedplate::account::objects
