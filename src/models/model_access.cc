#include "models/model_access.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json/value.h"
#include "models/access.h"
#include "models/citations/words.h"

namespace bedplate::models {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

struct FormMember {
  std::string_view name;
  size_t characters_max;
  bool required = true;
};

// spec: model-access.html, step 2
constexpr std::array<FormMember, 6> kFormMembers = {{{"companyName", 128},
                                                     {"companyWebsite", 128},
                                                     {"intendedUsers", 1},
                                                     {"industryOption", 128},
                                                     {"otherIndustryOption", 128, false},
                                                     {"useCases", 8192}}};
constexpr std::string_view kIntendedUsers = "012";  // internal, external, both

std::unexpected<Error> BadForm(std::string_view why) {
  return Fail(Fault::kValidation, fmt::format("The value of formData can't be used: {}", why));
}

Result<void> CheckMember(const json::Value& form, const FormMember& member) {
  const json::Value* value = form.Find(member.name);
  if (value == nullptr && !member.required) return {};
  if (value == nullptr) return BadForm(fmt::format("{} is missing.", member.name));
  const std::string* text = value->AsString();
  if (text == nullptr) {
    return BadForm(fmt::format("{} is no string: {}", member.name, value->ToJson()));
  }
  const size_t characters = CountCharacters(*text);
  if (characters > member.characters_max || (text->empty() && member.required)) {
    return BadForm(fmt::format("{} has {} characters, and must have {} {}.", member.name,
                               characters, member.required ? "1 to" : "at most",
                               member.characters_max));
  }
  if (member.name == "intendedUsers" && !kIntendedUsers.contains(*text)) {
    return BadForm(fmt::format("{} is '{}', and must be 0, 1 or 2.", member.name, *text));
  }
  return {};
}

}  // namespace

std::string OfferToken(const Scope& scope, const std::string& model_id) {
  std::string token;
  AppendBase64(token, fmt::format("offer:{}:{}:{}", scope.account, scope.region, model_id));
  return token;
}

Result<void> ModelAccess::PutUseCase(const Scope& scope, std::string form) {
  auto value = json::Value::Parse(form);
  if (!value) return BadForm(value.error().message);
  if (!value->is_object()) return BadForm("it is no JSON object.");
  for (const FormMember& member : kFormMembers) {
    if (auto ok = CheckMember(*value, member); !ok) return ok;
  }
  return table_.PutUseCase({.account = scope.account,
                            .region = scope.region,
                            .form = std::move(form),
                            .updated_at_ms = NowMs()});
}

Result<std::string> ModelAccess::UseCase(const Scope& scope) {
  auto row = table_.UseCase(scope.account, scope.region);
  if (row) return std::move(row->form);
  if (row.error().fault != Fault::kNotFound) return std::unexpected(std::move(row.error()));
  return Fail(Fault::kNotFound, "Model use case details have not been submitted for this account.");
}

Result<void> ModelAccess::Agree(const Scope& scope, const Model& model,
                                const std::string& offer_token) {
  if (!WantsAgreement(model) || offer_token != OfferToken(scope, model.facts.id)) {
    return Fail(Fault::kValidation,
                fmt::format("The offerToken '{}' is not that of an offer for the model {}. Call "
                            "ListFoundationModelAgreementOffers and try again.",
                            offer_token, model.facts.id));
  }
  if (model.published->provider->use_case) {
    auto use_case = UseCase(scope);
    if (!use_case && use_case.error().fault == Fault::kNotFound) {
      return Fail(Fault::kNotFound,
                  fmt::format("{} Call PutUseCaseForModelAccess before an agreement for a model of "
                              "{}.",
                              use_case.error().message, model.facts.provider));
    }
    if (!use_case) return std::unexpected(std::move(use_case.error()));
  }
  auto made = table_.InsertAgreement({.account = scope.account,
                                      .region = scope.region,
                                      .model_id = model.facts.id,
                                      .offer_token = offer_token,
                                      .created_at_ms = NowMs()});
  if (!made && made.error().fault == Fault::kConflict) {
    return Fail(Fault::kConflict,
                fmt::format("There is an agreement for the model {} already.", model.facts.id));
  }
  if (!made) return made;
  return directory_.Reload();
}

Result<void> ModelAccess::Withdraw(const Scope& scope, const std::string& model_id) {
  auto gone = table_.DeleteAgreement(scope.account, scope.region, model_id);
  if (!gone && gone.error().fault == Fault::kNotFound) {
    return Fail(Fault::kNotFound, fmt::format("There is no agreement for the model {}.", model_id));
  }
  if (!gone) return gone;
  return directory_.Reload();
}

}  // namespace bedplate::models
