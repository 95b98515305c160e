#include "services/bedrock_runtime/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json/reader.h"
#include "base/limits.h"
#include "bedrock_runtime/shapes/JsonSchemaDefinition.h"
#include "bedrock_runtime/shapes/OutputFormat.h"
#include "bedrock_runtime/shapes/OutputFormatStructure.h"
#include "net/text.h"
#include "services/bedrock_runtime/refusal.h"

namespace bedplate::services::bedrock_runtime {
namespace {

// spec: bedrock-runtime#RequestMetadataKeyString: [a-zA-Z0-9\s:_@$#=/+,-.]
bool IsMetadataCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" \t\n\v\f\r:_@$#=/+,-.").contains(c);
}

Result<void> CheckMetadataText(std::string_view text, std::string_view what, bool may_be_empty) {
  if ((text.empty() && !may_be_empty) || text.size() > limits::kRequestMetadataCharactersMax ||
      !std::ranges::all_of(text, IsMetadataCharacter)) {
    return Refuse(
        fmt::format("The {} '{}' in X-Amzn-Bedrock-Request-Metadata is not valid: up to "
                    "{} letters, digits, spaces and :_@$#=/+,-. are allowed.",
                    what, text.substr(0, limits::kRequestMetadataCharactersMax),
                    limits::kRequestMetadataCharactersMax));
  }
  return {};
}

}  // namespace

Result<void> CheckGuardrail(std::string_view identifier, std::string_view version) {
  if (identifier.empty() && version.empty()) return {};
  return Refuse(
      fmt::format("The guardrail identifier or version provided in the request does not "
                  "exist. (identifier '{}', version '{}')",
                  identifier, version));
}

Result<void> CheckLatency(const wire::OpenEnum<gen::PerformanceConfigLatency>& latency) {
  if (latency == gen::PerformanceConfigLatency::kStandard) return {};
  return Refuse(
      fmt::format("This model doesn't support the {} latency that you provided at "
                  "performanceConfig.latency. Use standard and try again.",
                  latency.text()));
}

Result<std::string> ToServiceTier(const wire::OpenEnum<gen::ServiceTierType>& tier,
                                  std::string_view place) {
  for (const auto known : {gen::ServiceTierType::kDefault, gen::ServiceTierType::kPriority,
                           gen::ServiceTierType::kFlex}) {
    if (tier == known) return std::string(tier.text());
  }
  return Refuse(
      fmt::format("This model doesn't support the {} service tier that you provided at {}. Use "
                  "default, priority or flex and try again.",
                  tier.text(), place));
}

gen::ServiceTierType FromServiceTier(std::string_view served) {
  if (served == "priority") return gen::ServiceTierType::kPriority;
  if (served == "flex") return gen::ServiceTierType::kFlex;
  return gen::ServiceTierType::kDefault;
}

// spec: bedrock-runtime#OutputConfig$effort
Result<std::string> ToEffort(std::string_view effort) {
  constexpr std::string_view kEfforts[] = {"low", "medium", "high", "xhigh", "max"};
  if (std::ranges::find(kEfforts, effort) != std::end(kEfforts)) return std::string(effort);
  return Refuse(fmt::format(
      "The value '{}' at outputConfig.effort is not valid. Use low, medium, high, xhigh "
      "or max and try again.",
      effort));
}

Result<std::optional<models::ChatOutputSchema>> ToOutputSchema(gen::OutputConfig&& config) {
  if (!config.textFormat) return std::nullopt;
  gen::OutputFormatStructure& structure = *config.textFormat->structure;
  if (!structure.jsonSchema) {
    return Refuse(
        "The OutputFormatStructure object at outputConfig.textFormat.structure has no field that "
        "is known. Set its jsonSchema field and try again.");
  }
  gen::JsonSchemaDefinition& schema = *structure.jsonSchema;
  return models::ChatOutputSchema{.name = std::move(*schema.name),
                                  .description = std::move(*schema.description),
                                  .schema = std::move(*schema.schema)};
}

Result<RawMembers> ToRawMembers(const wire::Document& document, std::string_view field) {
  json::Reader reader(document.json());
  RawMembers members;
  if (reader.Peek() != json::Kind::kObject) {
    return Refuse(
        fmt::format("The format of the value at {} is invalid. Provide a json object for "
                    "the field and try again.",
                    field));
  }
  reader.BeginObject();
  std::string_view key;
  while (reader.NextKey(key)) {
    std::string name(key);
    members.emplace_back(std::move(name), reader.Raw());
  }
  return members;
}

Result<void> CheckRequestMetadata(std::string_view json) {
  json::Reader reader(json);
  size_t entries = 0;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      ++entries;
      if (auto ok = CheckMetadataText(key, "key", false); !ok) return ok;
      std::string_view value = reader.String();
      if (reader.failed()) break;
      if (auto ok = CheckMetadataText(value, "value", true); !ok) return ok;
    }
  }
  if (!reader.Finish()) {
    return Refuse(
        fmt::format("The value of X-Amzn-Bedrock-Request-Metadata is not a JSON object of "
                    "strings: {}.",
                    reader.error()));
  }
  if (entries == 0 || entries > limits::kRequestMetadataEntriesMax) {
    return Refuse(
        fmt::format("X-Amzn-Bedrock-Request-Metadata has {} entries; 1 to {} are allowed.", entries,
                    limits::kRequestMetadataEntriesMax));
  }
  return {};
}

Result<void> CheckMediaType(std::string_view header, const wire::Opt<std::string>& value) {
  if (!value) return {};
  const std::string_view type =
      net::TrimBlanks(std::string_view(*value).substr(0, value->find(';')));
  for (std::string_view known : {"", "*/*", "application/json", "application/octet-stream"}) {
    if (net::EqualsIgnoringCase(type, known)) return {};
  }
  return Refuse(fmt::format("The {} '{}' isn't supported. Use application/json and try again.",
                            header, *value));
}

}  // namespace bedplate::services::bedrock_runtime
