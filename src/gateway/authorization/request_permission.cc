#include "gateway/authorization/request_permission.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/authorization/decide.h"
#include "account/objects/names.h"
#include "account/policy/evaluate.h"
#include "gateway/authorization/denial.h"

namespace bedplate::gateway {
namespace {

using account::policy::Context;

// Those that s3:ExistingObjectTag/... goes with; sorted.
// spec: the service authorization reference of Amazon S3
constexpr std::string_view kTaggedActions[] = {"s3:DeleteObjectTagging",
                                               "s3:DeleteObjectVersionTagging",
                                               "s3:GetObject",
                                               "s3:GetObjectAcl",
                                               "s3:GetObjectAttributes",
                                               "s3:GetObjectTagging",
                                               "s3:GetObjectVersion",
                                               "s3:GetObjectVersionAcl",
                                               "s3:GetObjectVersionAttributes",
                                               "s3:GetObjectVersionTagging",
                                               "s3:PutObjectAcl",
                                               "s3:PutObjectTagging",
                                               "s3:PutObjectVersionAcl",
                                               "s3:PutObjectVersionTagging"};
static_assert(std::ranges::is_sorted(kTaggedActions));

constexpr auto kFirstOf = [](const auto& entry) { return std::string_view(entry.first); };

constexpr std::string_view kModels = "bedrock-model";  // services/bedrock_resources.h

constexpr std::string_view kBearerAction = "bedrock:CallWithBearerToken";

account::policy::Identity IdentityOf(const RequestFacts& facts) {
  account::policy::Identity identity;
  if (facts.principal == nullptr) {
    identity.anonymous = true;
    return identity;
  }
  identity = facts.principal->identity;
  if (facts.service->signing_name == "s3") {
    identity.canonical_user = account::objects::CanonicalUserId(facts.principal->account);
  }
  return identity;
}

// spec: IAM user guide, "aws:CalledVia", "aws:ViaAWSService": a caller's address is not told on.
Context Via(const Context& from, const std::string& service, const std::string& region) {
  Context context;
  for (const auto& [key, values] : from.entries()) {
    if (key != "aws:SourceIp") context.SetAll(key, values);
  }
  const std::string principal = service + ".amazonaws.com";
  context.Set("aws:ViaAWSService", "true");
  context.SetAll("aws:CalledVia", {principal});
  context.Set("aws:CalledViaFirst", principal);
  context.Set("aws:CalledViaLast", principal);
  context.Set("kms:ViaService", fmt::format("{}.{}.amazonaws.com", service, region));
  return context;
}

}  // namespace

RequestPermission::RequestPermission(const ResourceDirectories& directories,
                                     net::BlockingPool* pool, RequestFacts facts)
    : directories_(directories),
      pool_(pool),
      facts_(std::move(facts)),
      caller_{.account = facts_.principal ? facts_.principal->account : std::string(),
              .region = facts_.region,
              .username = facts_.principal ? facts_.principal->user_name : std::string()},
      identity_(IdentityOf(facts_)),
      context_(ContextOf(facts_)) {}

std::unique_ptr<wire::Permission> RequestPermission::As(std::shared_ptr<const void> principal) {
  RequestFacts facts = facts_;
  facts.principal = std::static_pointer_cast<const account::Principal>(std::move(principal));
  auto made = std::make_unique<RequestPermission>(directories_, pool_, std::move(facts));
  made->asked_for_ = this;
  return made;
}

Result<void> RequestPermission::CheckEntrance() {
  if (facts_.principal == nullptr) return {};
  const std::string_view service = facts_.service->signing_name;
  if (!account::MayCall(*facts_.principal, service, facts_.operation)) {
    const account::policy::Request request{
        .action = fmt::format("{}:{}", service, facts_.operation),
        .resource = "*",
        .resource_account = caller_.account,
        .identity = facts_.principal->identity};
    return std::unexpected(Denial(*facts_.service, request, {}, {}));
  }
  if (facts_.bearer == Bearer::kNone) return {};
  return DecideOne({.action = std::string(kBearerAction), .arn = "*"}, {});
}

account::ResourceName RequestPermission::NameOf(const wire::Ask& ask) const {
  return {.kind = ask.directory,
          .name = ask.name,
          .arn = ask.arn,
          .action = ask.action,
          .account = caller_.account,
          .region = caller_.region};
}

const RequestPermission::Resources* RequestPermission::FindKnown(const wire::Ask& ask) const {
  const auto found = std::ranges::find_if(known_, [&](const Known& known) {
    return known.kind == ask.directory && known.name == ask.name;
  });
  return found == known_.end() ? nullptr : found->resources.get();
}

const RequestPermission::Resources& RequestPermission::Keep(const wire::Ask& ask,
                                                            Resources resources) {
  known_.push_back({.kind = ask.directory,
                    .name = ask.name,
                    .resources = std::make_shared<const Resources>(std::move(resources))});
  return *known_.back().resources;
}

std::optional<Result<void>> RequestPermission::TryCheck(const wire::Ask& ask) {
  const auto* const directory = directories_.Find(ask.directory);
  if (directory == nullptr) return Decide(ask, {});
  const Resources* known = FindKnown(ask);
  if (known == nullptr) {
    auto found = directory->TryFind(NameOf(ask));
    if (!found) return std::nullopt;
    if (!*found) return std::unexpected(std::move(found->error()));
    known = &Keep(ask, std::move(**found));
  }
  if (AsksObjectTags(ask, *known)) return std::nullopt;
  return Decide(ask, *known);
}

net::Task<Result<void>> RequestPermission::Check(wire::Ask ask) {
  if (auto checked = TryCheck(ask)) co_return std::move(*checked);
  if (pool_ == nullptr) co_return CheckHere(ask);
  co_return co_await pool_->Run([&] { return CheckHere(ask); });
}

Result<void> RequestPermission::CheckHere(const wire::Ask& ask) {
  if (auto checked = TryCheck(ask)) return std::move(*checked);
  const Resources* known = FindKnown(ask);
  if (known == nullptr) {
    auto found = directories_.Find(ask.directory)->Find(NameOf(ask));
    if (!found) return std::unexpected(std::move(found.error()));
    known = &Keep(ask, std::move(*found));
  }
  if (!AsksObjectTags(ask, *known)) return Decide(ask, *known);
  wire::Ask with_tags = ask;
  const auto version = std::ranges::find(ask.context, "s3:VersionId", kFirstOf);
  const bool named = version != ask.context.end() && !version->second.empty();
  for (const account::Resource& resource : *known) {
    if (!resource.object_tags) continue;
    const auto tags = resource.object_tags(
        ask.arn, named ? std::string_view(version->second.front()) : std::string_view());
    if (!tags) return std::unexpected(tags.error());
    for (const auto& entry : tags->entries()) with_tags.context.push_back(entry);
  }
  return Decide(with_tags, *known);
}

bool RequestPermission::AsksObjectTags(const wire::Ask& ask, const Resources& resources) const {
  if (!std::ranges::binary_search(kTaggedActions, ask.action)) return false;
  const auto asks = [](const account::policy::Document* document) {
    return document != nullptr && document->asks_object_tags;
  };
  const auto lists = [&](const std::vector<const account::policy::Document*>& documents) {
    return std::ranges::any_of(documents, asks);
  };
  const auto* const policies = facts_.principal ? &facts_.principal->policies : nullptr;
  const bool caller = policies != nullptr && (lists(policies->identity) ||
                                              (policies->boundary && lists(*policies->boundary)) ||
                                              (policies->session && lists(*policies->session)));
  return std::ranges::any_of(resources, [&](const account::Resource& resource) {
    return resource.object_tags && (caller || asks(resource.policy.get()));
  });
}

Result<void> RequestPermission::Decide(const wire::Ask& ask, const Resources& resources) {
  NoteAsked();
  if (asked_for_ != nullptr) asked_for_->NoteAsked();
  NoteModel(ask);
  if (resources.empty()) return DecideOne(ask, {});
  for (const account::Resource& resource : resources) {
    if (auto may = DecideOne(ask, resource); !may) return may;
  }
  return {};
}

void RequestPermission::NoteModel(const wire::Ask& ask) {
  if (ask.directory == kModels && of_model_.empty()) of_model_ = ask.context;
}

Context RequestPermission::MakeContext(const wire::Ask& ask,
                                       const account::Resource& resource) const {
  Context context = ask.via.empty() ? context_ : Via(context_, ask.via, facts_.region);
  for (const auto& [key, values] : resource.context.entries()) context.SetAll(key, values);
  if (ask.directory == kModels) {
    for (const auto& [key, values] : of_model_) context.SetAll(key, values);
  }
  for (const auto& [key, values] : ask.context) context.SetAll(key, values);
  return context;
}

Result<void> RequestPermission::DecideOne(const wire::Ask& ask, const account::Resource& resource) {
  account::policy::Request request;
  request.action = ask.action;
  request.resource = resource.arn.empty() ? ask.arn : resource.arn;
  // Whose it is: its directory knows, or its ARN says; what belongs to nobody is the caller's.
  request.resource_account = resource.account;
  if (request.resource_account.empty()) {
    request.resource_account = account::AccountOfArn(request.resource);
  }
  if (request.resource_account.empty()) request.resource_account = caller_.account;
  request.identity = identity_;
  request.context = MakeContext(ask, resource);
  request.context.Set("aws:ResourceAccount", request.resource_account);
  const auto decision = account::DecideOn(facts_.principal.get(), resource, request);
  if (decision.allowed) return {};
  return std::unexpected(Denial(*facts_.service, request, decision, resource));
}

}  // namespace bedplate::gateway
