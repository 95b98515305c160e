#include "engine/chat/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/chat/pattern.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kAnnotations[] = {"title",      "description", "default",  "examples",
                                             "$schema",    "$id",         "$anchor",  "$comment",
                                             "deprecated", "readOnly",    "writeOnly"};
constexpr std::string_view kTypes[] = {"object",  "array",   "string", "number",
                                       "integer", "boolean", "null"};
constexpr double kIntegerMax = 1e15;

template <size_t N>
bool IsOneOf(std::string_view name, const std::string_view (&names)[N]) {
  return std::ranges::find(names, name) != std::end(names);
}

class Checker {
 public:
  Checker(const json::Value& root, SchemaUse use, SchemaTotals& totals)
      : root_(root), strict_(use == SchemaUse::kStrict), totals_(totals) {}

  json::Value Check(const json::Value& schema, const std::string& path, size_t depth);
  void CountFollowed(const json::Value& schema);
  const std::string& error() const { return error_; }

 private:
  void Refuse(const std::string& path, std::string_view why) {
    if (error_.empty()) error_ = fmt::format("{}: {}", path, why);
  }
  void Refuse(const std::string& path, std::string_view why, const json::Value& value) {
    if (!error_.empty()) return;
    std::string shown = value.ToJson();
    constexpr size_t kShownMax = 60;
    if (shown.size() > kShownMax) shown = shown.substr(0, kShownMax) + "...";
    Refuse(path, fmt::format("{}, got {}", why, shown));
  }
  // A keyword that no answer can be held to.
  void LeaveOut(const std::string& path, const json::Value& value) {
    if (strict_) Refuse(path, "the engine cannot hold an answer to this", value);
  }
  void CountText(const std::string& path, size_t bytes) {
    totals_.text += bytes;
    if (totals_.text > kSchemaTextMax) {
      Refuse(path, fmt::format("the schemas have more than {} bytes of names and enum values",
                               kSchemaTextMax));
    }
  }

  void CheckKeyword(const std::string& name, const json::Value& value, const json::Value& schema,
                    const std::string& path, size_t depth, json::Value& out);
  void CheckType(const json::Value& value, const std::string& path);
  void CheckEnum(const json::Value& values, const std::string& path);
  json::Value CheckProperties(const json::Value& value, const std::string& path, size_t depth);
  void CheckObject(const json::Value& schema, const std::string& path);
  json::Value CheckList(const json::Value& value, const std::string& path, size_t depth);
  void CheckRepeat(const std::string& name, const json::Value& value, const std::string& path,
                   json::Value& out);
  void CheckBound(const std::string& name, const json::Value& value, const json::Value& schema,
                  const std::string& path, json::Value& out);
  void CheckTogether(const json::Value& schema, const std::string& path);
  const json::Value* Find(const std::string& reference) const;

  const json::Value& root_;
  bool strict_;
  std::string error_;
  SchemaTotals& totals_;
  std::vector<const json::Value*> following_;
};

json::Value Checker::Check(const json::Value& schema, const std::string& path, size_t depth) {
  if (const bool* any = schema.AsBoolean(); any != nullptr && *any) return json::Value::Object{};
  if (!schema.is_object()) Refuse(path, "expected a schema (an object)", schema);
  if (depth > kSchemaDepthMax) {
    Refuse(path, fmt::format("the schema is more than {} levels deep", kSchemaDepthMax));
  }
  if (++totals_.nodes > kSchemaNodesMax) {
    Refuse(path, fmt::format("the schemas have more than {} subschemas", kSchemaNodesMax));
  }
  json::Value out = json::Value::Object{};
  if (!error_.empty()) return out;
  // What older generators write around a reference.
  const json::Value* all = schema.Find("allOf");
  const json::Value::Array* parts = all == nullptr ? nullptr : all->AsArray();
  const bool single = parts != nullptr && parts->size() == 1;
  for (const auto& [name, value] : *schema.AsObject()) {
    if (!error_.empty()) return out;
    if (IsOneOf(name, kAnnotations)) continue;
    if (single && name == "allOf") {
      json::Value part = Check(parts->front(), path + ".allOf[0]", depth + 1);
      for (auto& [part_name, part_value] : *part.AsObject()) {
        if (strict_ && schema.Find(part_name) != nullptr) LeaveOut(path + ".allOf", *all);
        out.Set(part_name, std::move(part_value));
      }
      continue;
    }
    CheckKeyword(name, value, schema, fmt::format("{}.{}", path, name), depth, out);
  }
  CheckTogether(schema, path);
  return out;
}

void Checker::CheckKeyword(const std::string& name, const json::Value& value,
                           const json::Value& schema, const std::string& path, size_t depth,
                           json::Value& out) {
  if (name == "type") {
    CheckType(value, path);
    out.Set(name, value);
  } else if (name == "properties" || name == "$defs" || name == "definitions") {
    out.Set(name, CheckProperties(value, path, depth));
    if (name == "properties") CheckObject(schema, path);
  } else if (name == "items" && !value.is_array()) {
    const bool* any = value.AsBoolean();
    const bool none = any != nullptr && !*any && schema.Find("prefixItems") != nullptr;
    if (!none) out.Set(name, Check(value, path, depth + 1));  // else a tuple has no more anyway
  } else if (name == "additionalProperties") {
    const bool plain = value.AsBoolean() != nullptr;
    out.Set(name, plain ? value : Check(value, path, depth + 1));
  } else if (name == "anyOf" || name == "prefixItems") {
    out.Set(name, CheckList(value, path, depth));
  } else if (name == "oneOf" || name == "allOf") {
    out.Set(name, CheckList(value, path, depth));
    LeaveOut(path, value);
  } else if (name == "enum" || name == "const") {
    CheckEnum(name == "enum" ? value : json::Value(json::Value::Array{value}), path);
    out.Set(name, value);
  } else if (name == "required") {
    out.Set(name, value);
  } else if (name == "minItems" || name == "maxItems" || name == "minLength" ||
             name == "maxLength") {
    CheckRepeat(name, value, path, out);
  } else if (name.ends_with("inimum") || name.ends_with("aximum")) {
    CheckBound(name, value, schema, path, out);
  } else if (name == "pattern") {
    const std::string* text = value.AsString();
    if (text == nullptr) return Refuse(path, "expected a string", value);
    auto pattern = GrammarPattern(*text, totals_.repeats);
    if (pattern) {
      out.Set(name, std::move(*pattern));
    } else if (strict_) {
      Refuse(path, pattern.error().message, value);
    }
  } else if (name == "format") {
    if (!value.is_string()) return Refuse(path, "expected a string", value);
    out.Set(name, value);
  } else if (name == "$ref") {
    const std::string* reference = value.AsString();
    if (reference == nullptr || Find(*reference) == nullptr) {
      return Refuse(path,
                    "expected a reference to a part of the same schema, as in "
                    "\"#/$defs/name\"",
                    value);
    }
    out.Set(name, value);
  } else {
    LeaveOut(path, value);
  }
  if (totals_.repeats > kSchemaRepeatsMax) {
    Refuse(path, fmt::format("the schemas repeat more than {} times, all counts together",
                             kSchemaRepeatsMax));
  }
}

void Checker::CheckType(const json::Value& value, const std::string& path) {
  const json::Value::Array* list = value.AsArray();
  const auto types = list == nullptr ? std::span(&value, 1) : std::span(*list);
  bool known = !types.empty() && types.size() <= std::size(kTypes);
  for (const json::Value& type : types) {
    const std::string* text = type.AsString();
    known = known && text != nullptr && IsOneOf(*text, kTypes);
  }
  if (!known) Refuse(path, "expected the name of a JSON type or a list of them", value);
}

void Checker::CheckEnum(const json::Value& values, const std::string& path) {
  const json::Value::Array* list = values.AsArray();
  if (list == nullptr || list->empty()) {
    return Refuse(path, "expected a list of at least one value", values);
  }
  totals_.enum_values += list->size();
  if (totals_.enum_values > kSchemaEnumValuesMax) {
    return Refuse(path,
                  fmt::format("the schemas have more than {} enum values", kSchemaEnumValuesMax));
  }
  for (const json::Value& value : *list) CountText(path, value.ToJson().size());
}

json::Value Checker::CheckProperties(const json::Value& value, const std::string& path,
                                     size_t depth) {
  json::Value out = json::Value::Object{};
  const json::Value::Object* properties = value.AsObject();
  if (properties == nullptr) {
    Refuse(path, "expected an object of schemas", value);
    return out;
  }
  for (const auto& [name, schema] : *properties) {
    if (!error_.empty()) break;
    CountText(path, name.size());
    if (name.size() > kSchemaNameMax || name == "*") {
      Refuse(path, fmt::format("expected names of at most {} bytes, and not \"*\"", kSchemaNameMax),
             json::Value(name));
    }
    out.Set(name, Check(schema, fmt::format("{}.{}", path, name), depth + 1));
  }
  return out;
}

// The names of an object's properties against those it requires.
void Checker::CheckObject(const json::Value& schema, const std::string& path) {
  const json::Value& properties = *schema.Find("properties");
  const json::Value* required = schema.Find("required");
  const json::Value::Array* names = required == nullptr ? nullptr : required->AsArray();
  size_t optional = properties.is_object() ? properties.AsObject()->size() : 0;
  if (names != nullptr) {
    for (const json::Value& name : *names) {
      const std::string* text = name.AsString();
      if (text != nullptr && properties.Find(*text) != nullptr) {
        optional -= std::min<size_t>(optional, 1);
      } else if (strict_) {
        return Refuse(path, "expected each required property to be among these", name);
      }
    }
  } else if (required != nullptr) {
    return Refuse(path, "expected \"required\" to be a list of names", *required);
  }
  if (optional > kSchemaOptionalMax) {
    Refuse(path, fmt::format("an object has {} properties that are not required, at most {} are "
                             "supported",
                             optional, kSchemaOptionalMax));
  }
}

json::Value Checker::CheckList(const json::Value& value, const std::string& path, size_t depth) {
  json::Value out = json::Value::Array{};
  const json::Value::Array* list = value.AsArray();
  if (list == nullptr || list->empty()) {
    Refuse(path, "expected a list of at least one schema", value);
    return out;
  }
  for (size_t i = 0; i < list->size() && error_.empty(); ++i) {
    out.Append(Check((*list)[i], fmt::format("{}[{}]", path, i), depth + 1));
  }
  return out;
}

void Checker::CheckRepeat(const std::string& name, const json::Value& value,
                          const std::string& path, json::Value& out) {
  int64_t count = 0;
  if (!value.ToInt64(count) || count < 0) return Refuse(path, "expected a count", value);
  if (count > kRepeatMax) {
    // The model still reads it; only the lower bound would make a wrong answer of a right one.
    if (strict_ || name.starts_with("min")) {
      Refuse(path, fmt::format("expected at most {}", kRepeatMax), value);
    }
    return;
  }
  totals_.repeats += count;
  out.Set(name, value);
}

void Checker::CheckBound(const std::string& name, const json::Value& value,
                         const json::Value& schema, const std::string& path, json::Value& out) {
  const json::Value* type = schema.Find("type");
  const std::string* text = type == nullptr ? nullptr : type->AsString();
  double bound = 0;
  if (!value.ToDouble(bound)) {
    LeaveOut(path, value);  // draft 4 has booleans
  } else if (text == nullptr || *text != "integer" || std::abs(bound) > kIntegerMax) {
    LeaveOut(path, value);  // the grammar of numbers has no bounds
  } else {
    out.Set(name, value);
  }
}

// Keywords of which the converter looks at one only.
void Checker::CheckTogether(const json::Value& schema, const std::string& path) {
  const auto has = [&](std::string_view name) { return schema.Find(name) != nullptr; };
  const auto number = [&](std::string_view name, double absent) {
    double value = absent;
    const json::Value* found = schema.Find(name);
    return found != nullptr && found->ToDouble(value) ? value : absent;
  };
  const bool ordered =
      number("minItems", 0) <= number("maxItems", HUGE_VAL) &&
      number("minLength", 0) <= number("maxLength", HUGE_VAL) &&
      std::max(number("minimum", -HUGE_VAL), number("exclusiveMinimum", -HUGE_VAL) + 1) <=
          std::min(number("maximum", HUGE_VAL), number("exclusiveMaximum", HUGE_VAL) - 1);
  if (!ordered) Refuse(path, "a lower bound is above the upper one", schema);
  if (!strict_) return;
  size_t alone = 0;  // members that the converter reads when there is a $ref, anyOf, enum or const
  for (const auto& [name, value] : *schema.AsObject()) {
    if (!IsOneOf(name, kAnnotations) && name != "$defs" && name != "definitions") ++alone;
  }
  if ((has("$ref") || has("anyOf")) && alone > 1) {
    Refuse(path, "the engine cannot hold an answer to keywords beside \"$ref\" or \"anyOf\"",
           schema);
  }
  if ((has("enum") || has("const")) && alone > (has("type") ? 2U : 1U)) {
    Refuse(path, "the engine cannot hold an answer to keywords beside \"enum\" or \"const\"",
           schema);
  }
  if (const json::Value* tuple = schema.Find("prefixItems")) {
    const auto size = static_cast<double>(tuple->is_array() ? tuple->AsArray()->size() : 0);
    const json::Value* more = schema.Find("items");
    const bool fits = number("minItems", 0) <= size && size <= number("maxItems", HUGE_VAL) &&
                      (more == nullptr || *more == json::Value(false));
    if (!fits) {
      Refuse(path, "the engine can only make an item for each of \"prefixItems\"", schema);
    }
  }
  const bool lengths = has("minLength") || has("maxLength");
  if ((has("pattern") && (lengths || has("format"))) || (has("format") && lengths)) {
    Refuse(path, "the engine cannot hold an answer to pattern, format and lengths together",
           schema);
  }
  if (has("required") && !has("properties")) {
    Refuse(path, "the engine cannot hold an answer to \"required\" without \"properties\"", schema);
  }
  if ((has("exclusiveMinimum") && has("minimum")) || (has("exclusiveMaximum") && has("maximum"))) {
    Refuse(path, "expected one of each bound and its exclusive form", schema);
  }
}

const json::Value* Checker::Find(const std::string& reference) const {
  if (!reference.starts_with("#/")) return nullptr;
  const json::Value* at = &root_;
  for (size_t begin = 2; at != nullptr && begin <= reference.size();) {
    const size_t end = std::min(reference.find('/', begin), reference.size());
    const std::string name = reference.substr(begin, end - begin);
    // The escapes of JSON pointers and positions in lists are not worth their code here.
    at = at->is_object() ? at->Find(name) : nullptr;
    begin = end + 1;
  }
  return at;
}

// Walks as often through a part as references lead to it: what a converter or parser that knows
// no better may do. A reference within its own target ends there.
void Checker::CountFollowed(const json::Value& schema) {
  if (!error_.empty() || !schema.is_object()) return;
  if (std::ranges::find(following_, &schema) != following_.end()) return;
  if (++totals_.followed > kSchemaFollowedMax) {
    return Refuse("$ref",
                  fmt::format("the schemas have more than {} subschemas when its references "
                              "are followed",
                              kSchemaFollowedMax));
  }
  following_.push_back(&schema);
  for (const auto& [name, value] : *schema.AsObject()) {
    if (name == "$ref" && value.is_string()) {
      if (const json::Value* target = Find(*value.AsString())) CountFollowed(*target);
    } else if (name == "properties" && value.is_object()) {
      for (const auto& property : *value.AsObject()) CountFollowed(property.second);
    } else if (const json::Value::Array* list = value.AsArray()) {
      for (const json::Value& element : *list) CountFollowed(element);
    } else {
      CountFollowed(value);
    }
  }
  following_.pop_back();
}

}  // namespace

Result<json::Value> EnforceableSchema(const json::Value& schema, const std::string& path,
                                      SchemaUse use, SchemaTotals& totals) {
  Checker checker(schema, use, totals);
  json::Value out = checker.Check(schema, path, 1);
  if (checker.error().empty()) checker.CountFollowed(schema);
  if (!checker.error().empty()) return Fail(Fault::kValidation, checker.error());
  return out;
}

}  // namespace bedplate::engine
