#include "runtime/json_schema_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace bedplate::runtime {
namespace {

using json::Kind;
using json::Value;

constexpr size_t kFaultsMax = 5;

// What a keyword of a schema holds.
enum class Form : uint8_t {
  kSchema,     // an object, or true and false
  kSchemas,    // an array of schemas
  kSchemaMap,  // an object whose values are schemas
  kItems,      // a schema, or an array of them as older drafts have it
  kType,       // a type's name, or an array of them
  kText,
  kTexts,  // an array of strings
  kArray,
  kNumber,
};

struct Keyword {
  std::string_view name;
  Form form;
};

constexpr std::array<Keyword, 34> kKeywords = {{
    {"type", Form::kType},
    {"properties", Form::kSchemaMap},
    {"required", Form::kTexts},
    {"items", Form::kItems},
    {"enum", Form::kArray},
    {"description", Form::kText},
    {"title", Form::kText},
    {"additionalProperties", Form::kSchema},
    {"anyOf", Form::kSchemas},
    {"oneOf", Form::kSchemas},
    {"allOf", Form::kSchemas},
    {"not", Form::kSchema},
    {"if", Form::kSchema},
    {"then", Form::kSchema},
    {"else", Form::kSchema},
    {"$ref", Form::kText},
    {"$defs", Form::kSchemaMap},
    {"definitions", Form::kSchemaMap},
    {"patternProperties", Form::kSchemaMap},
    {"propertyNames", Form::kSchema},
    {"prefixItems", Form::kSchemas},
    {"contains", Form::kSchema},
    {"pattern", Form::kText},
    {"format", Form::kText},
    {"minLength", Form::kNumber},
    {"maxLength", Form::kNumber},
    {"minItems", Form::kNumber},
    {"maxItems", Form::kNumber},
    {"minProperties", Form::kNumber},
    {"maxProperties", Form::kNumber},
    {"minimum", Form::kNumber},
    {"maximum", Form::kNumber},
    {"multipleOf", Form::kNumber},
    {"$schema", Form::kText},
}};

constexpr std::array<std::string_view, 7> kTypes = {"array",  "boolean", "integer", "null",
                                                    "number", "object",  "string"};

std::string Within(std::string_view place, std::string_view name) {
  return fmt::format("{}.{}", place, name);
}

class Checker {
 public:
  void CheckSchema(const Value& schema, const std::string& place) {
    if (schema.AsBoolean() != nullptr) return;
    const Value::Object* object = Expect(schema, Kind::kObject, place);
    if (object == nullptr) return;
    for (const auto& [name, value] : *object) {
      const auto* keyword = std::ranges::find(kKeywords, name, &Keyword::name);
      if (keyword != kKeywords.end()) {
        CheckKeyword(keyword->form, value, Within(place, name));
      }
      if (Full()) return;
    }
  }

  std::string Faults() const { return fmt::format("{}", fmt::join(faults_, "; ")); }

 private:
  bool Full() const { return faults_.size() == kFaultsMax; }

  void Add(const std::string& place, std::string_view what) {
    if (!Full()) faults_.push_back(fmt::format("{}: {}", place, what));
  }

  void AddKind(const Value& value, std::string_view expected, const std::string& place) {
    Add(place, fmt::format("{} found, {} expected", json::KindName(value.kind()), expected));
  }

  const Value::Object* Expect(const Value& value, Kind kind, const std::string& place) {
    if (value.kind() != kind) AddKind(value, json::KindName(kind), place);
    return value.AsObject();
  }

  void CheckKeyword(Form form, const Value& value, const std::string& place) {
    switch (form) {
      case Form::kSchema:
        return CheckSchema(value, place);
      case Form::kSchemas:
        return CheckEach(value, place, [this](const Value& element, const std::string& where) {
          CheckSchema(element, where);
        });
      case Form::kSchemaMap:
        if (const Value::Object* members = Expect(value, Kind::kObject, place)) {
          for (const auto& [name, member] : *members) {
            CheckSchema(member, Within(place, name));
            if (Full()) return;
          }
        }
        return;
      case Form::kItems:
        return CheckKeyword(value.is_array() ? Form::kSchemas : Form::kSchema, value, place);
      case Form::kType:
        if (!value.is_array()) return CheckType(value, place);
        return CheckEach(value, place, [this](const Value& element, const std::string& where) {
          CheckType(element, where);
        });
      case Form::kText:
        Expect(value, Kind::kString, place);
        return;
      case Form::kTexts:
        return CheckEach(value, place, [this](const Value& element, const std::string& where) {
          Expect(element, Kind::kString, where);
        });
      case Form::kArray:
        Expect(value, Kind::kArray, place);
        return;
      case Form::kNumber:
        Expect(value, Kind::kNumber, place);
        return;
    }
  }

  template <class Check>
  void CheckEach(const Value& value, const std::string& place, Check check) {
    const Value::Array* elements = value.AsArray();
    if (elements == nullptr) return AddKind(value, "array", place);
    for (size_t i = 0; i < elements->size() && !Full(); ++i) {
      check((*elements)[i], fmt::format("{}[{}]", place, i));
    }
  }

  void CheckType(const Value& value, const std::string& place) {
    const std::string* name = value.AsString();
    if (name == nullptr) return AddKind(value, "string", place);
    if (std::ranges::find(kTypes, *name) == kTypes.end()) {
      Add(place,
          fmt::format("does not have a value in the enumeration [{}]", fmt::join(kTypes, ", ")));
    }
  }

  std::vector<std::string> faults_;
};

}  // namespace

std::string SchemaFaults(const json::Value& schema) {
  Checker checker;
  checker.CheckSchema(schema, "$");
  return checker.Faults();
}

}  // namespace bedplate::runtime
