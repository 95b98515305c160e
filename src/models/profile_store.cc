#include "models/profile_store.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"

namespace bedplate::models {
namespace {

constexpr size_t kIdCharacters = 12;
constexpr std::string_view kIdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

// Whether `arn`, of any partition, is that of the profile. Who calls a model may write any account
// before a system-defined profile; what is kept must be an ARN that there is.
bool IsArnOf(std::string_view arn, const Scope& scope, const InferenceProfile& profile) {
  constexpr std::string_view kHead = "arn:aws";
  return arn.ends_with(std::string_view(ProfileArn(scope, profile)).substr(kHead.size()));
}

}  // namespace

Result<std::string> ProfileStore::FindSource(const Scope& scope, const std::string& source) const {
  const auto parsed = ParseModelIdentifier(source);
  if (parsed && parsed->form == ModelIdentifier::Form::kInferenceProfileArn) {
    // Only what the catalog publishes: a geography before any model's id is no profile yet.
    auto profile = directory_.FindProfile(source, scope);
    if (profile && IsArnOf(source, scope, *profile)) return std::move(profile->model_id);
  } else if (const auto model = directory_.Find(source, scope)) {
    return (*model)->facts.id;
  }
  return Fail(Fault::kNotFound,
              fmt::format("The modelSource.copyFrom '{}' names no model or system-defined "
                          "inference profile of this account and region.",
                          source));
}

Result<InferenceProfile> ProfileStore::Create(const Scope& scope, const NewProfile& profile) {
  auto model_id = FindSource(scope, profile.source);
  if (!model_id) return std::unexpected(std::move(model_id.error()));
  InferenceProfile made{.id = NewRandomText(kIdCharacters, kIdAlphabet),
                        .name = profile.name,
                        .description = profile.description,
                        .model_id = std::move(*model_id),
                        .created_at_ms = NowMs()};
  auto row = table_.Insert({.account = scope.account,
                            .region = scope.region,
                            .profile_id = made.id,
                            .name = made.name,
                            .description = made.description,
                            .source = profile.source,
                            .model_id = made.model_id,
                            .client_token = profile.client_token,
                            .created_at_ms = made.created_at_ms},
                           ProfileArn(scope, made), profile.tags);
  if (!row) return std::unexpected(std::move(row.error()));
  if (row->name != profile.name || row->description != profile.description ||
      row->source != profile.source) {
    return Fail(Fault::kConflict,
                fmt::format("The clientRequestToken '{}' was used for another inference profile.",
                            profile.client_token));
  }
  made.id = row->profile_id;
  made.created_at_ms = row->created_at_ms;
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return made;
}

Result<void> ProfileStore::Delete(const Scope& scope, const std::string& identifier) {
  auto profile = directory_.FindProfile(identifier, scope);
  if (!profile) return std::unexpected(std::move(profile.error()));
  if (profile->system_defined) {
    return Fail(Fault::kValidation,
                fmt::format("The inferenceProfileIdentifier '{}' is that of a system-defined "
                            "inference profile, which can't be deleted.",
                            identifier));
  }
  auto gone = table_.Delete(
      {.account = scope.account, .region = scope.region, .arn = ProfileArn(scope, *profile)},
      profile->id);
  if (!gone) return gone;
  return directory_.Reload();
}

}  // namespace bedplate::models
