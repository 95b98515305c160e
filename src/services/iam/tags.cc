#include "account/identity/holdings.h"
#include "account/identity/providers.h"
#include "iam/ops/ListInstanceProfileTags.h"
#include "iam/ops/ListOpenIDConnectProviderTags.h"
#include "iam/ops/ListPolicyTags.h"
#include "iam/ops/ListRoleTags.h"
#include "iam/ops/ListUserTags.h"
#include "iam/ops/TagInstanceProfile.h"
#include "iam/ops/TagOpenIDConnectProvider.h"
#include "iam/ops/TagPolicy.h"
#include "iam/ops/TagRole.h"
#include "iam/ops/TagUser.h"
#include "iam/ops/UntagInstanceProfile.h"
#include "iam/ops/UntagOpenIDConnectProvider.h"
#include "iam/ops/UntagPolicy.h"
#include "iam/ops/UntagRole.h"
#include "iam/ops/UntagUser.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

// What has tags, found to be read and to be changed: by name, or by ARN.
template <class Entity>
struct Tagged {
  static Result<const Entity*> Find(const account::AccountState& state, const std::string& name) {
    return account::Find<Entity>(state, name);
  }
  static Result<Entity*> Edit(Draft& draft, const std::string& name) {
    if constexpr (std::is_same_v<Entity, account::Role>) return account::EditOwnRole(draft, name);
    return account::Edit<Entity>(draft, name);
  }
};
template <>
struct Tagged<account::ManagedPolicy> {
  static Result<const account::ManagedPolicy*> Find(const account::AccountState& state,
                                                    const std::string& arn) {
    return account::FindManaged(state, arn);
  }
  static Result<account::ManagedPolicy*> Edit(Draft& draft, const std::string& arn) {
    return account::EditManaged(draft, arn);
  }
};
template <>
struct Tagged<account::OidcProvider> {
  static Result<const account::OidcProvider*> Find(const account::AccountState& state,
                                                   const std::string& arn) {
    return account::FindProvider(state, arn);
  }
  static Result<account::OidcProvider*> Edit(Draft& draft, const std::string& arn) {
    return account::EditProvider(draft, arn);
  }
};

template <class Entity>
Result<void> Tag(Draft& draft, const std::string& name, const account::Tags& tags) {
  auto entity = Tagged<Entity>::Edit(draft, name);
  if (!entity) return std::unexpected(std::move(entity.error()));
  return account::AddTags((*entity)->tags, tags);
}

template <class Entity>
Result<void> Untag(Draft& draft, const std::string& name, const std::vector<std::string>& keys) {
  auto entity = Tagged<Entity>::Edit(draft, name);
  if (!entity) return std::unexpected(std::move(entity.error()));
  for (const std::string& key : keys) {
    std::erase_if((*entity)->tags, [&](const auto& tag) {
      return account::NameKey(tag.first) == account::NameKey(key);
    });
  }
  return {};
}

template <class Response, class Entity, class Request>
Result<Response> ListTags(const account::AccountState& state, const std::string& name,
                          const Request& input) {
  const auto entity = Tagged<Entity>::Find(state, name);
  if (!entity) return std::unexpected(entity.error());
  auto page = TakePage(ToWire((*entity)->tags), input.Marker, input.MaxItems,
                       [](const gen::Tag& tag) { return *tag.Key; });
  if (!page) return std::unexpected(std::move(page.error()));
  Response response;
  response.Tags = page->items;
  SetPage(response, *page);
  return response;
}

}  // namespace

net::Task<Result<void>> Iam::TagUser(const wire::Call& call, gen::TagUserRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  co_return co_await Change(
      call, [&](Draft& draft) { return Tag<account::User>(draft, *input.UserName, *tags); });
}

net::Task<Result<void>> Iam::UntagUser(const wire::Call& call, gen::UntagUserRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return Untag<account::User>(draft, *input.UserName, *input.TagKeys);
  });
}

net::Task<Result<gen::ListUserTagsResponse>> Iam::ListUserTags(const wire::Call& call,
                                                               gen::ListUserTagsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListTags<gen::ListUserTagsResponse, account::User>(**state, *input.UserName, input);
}

net::Task<Result<void>> Iam::TagRole(const wire::Call& call, gen::TagRoleRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  co_return co_await Change(
      call, [&](Draft& draft) { return Tag<account::Role>(draft, *input.RoleName, *tags); });
}

net::Task<Result<void>> Iam::UntagRole(const wire::Call& call, gen::UntagRoleRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return Untag<account::Role>(draft, *input.RoleName, *input.TagKeys);
  });
}

net::Task<Result<gen::ListRoleTagsResponse>> Iam::ListRoleTags(const wire::Call& call,
                                                               gen::ListRoleTagsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListTags<gen::ListRoleTagsResponse, account::Role>(**state, *input.RoleName, input);
}

net::Task<Result<void>> Iam::TagPolicy(const wire::Call& call, gen::TagPolicyRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  co_return co_await Change(call, [&](Draft& draft) {
    return Tag<account::ManagedPolicy>(draft, *input.PolicyArn, *tags);
  });
}

net::Task<Result<void>> Iam::UntagPolicy(const wire::Call& call, gen::UntagPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return Untag<account::ManagedPolicy>(draft, *input.PolicyArn, *input.TagKeys);
  });
}

net::Task<Result<gen::ListPolicyTagsResponse>> Iam::ListPolicyTags(
    const wire::Call& call, gen::ListPolicyTagsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListTags<gen::ListPolicyTagsResponse, account::ManagedPolicy>(**state, *input.PolicyArn,
                                                                          input);
}

net::Task<Result<void>> Iam::TagOpenIDConnectProvider(const wire::Call& call,
                                                      gen::TagOpenIDConnectProviderRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  co_return co_await Change(call, [&](Draft& draft) {
    return Tag<account::OidcProvider>(draft, *input.OpenIDConnectProviderArn, *tags);
  });
}

net::Task<Result<void>> Iam::UntagOpenIDConnectProvider(
    const wire::Call& call, gen::UntagOpenIDConnectProviderRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return Untag<account::OidcProvider>(draft, *input.OpenIDConnectProviderArn, *input.TagKeys);
  });
}

net::Task<Result<gen::ListOpenIDConnectProviderTagsResponse>> Iam::ListOpenIDConnectProviderTags(
    const wire::Call& call, gen::ListOpenIDConnectProviderTagsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListTags<gen::ListOpenIDConnectProviderTagsResponse, account::OidcProvider>(
      **state, *input.OpenIDConnectProviderArn, input);
}

net::Task<Result<void>> Iam::TagInstanceProfile(const wire::Call& call,
                                                gen::TagInstanceProfileRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  co_return co_await Change(call, [&](Draft& draft) {
    return Tag<account::InstanceProfile>(draft, *input.InstanceProfileName, *tags);
  });
}

net::Task<Result<void>> Iam::UntagInstanceProfile(const wire::Call& call,
                                                  gen::UntagInstanceProfileRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return Untag<account::InstanceProfile>(draft, *input.InstanceProfileName, *input.TagKeys);
  });
}

net::Task<Result<gen::ListInstanceProfileTagsResponse>> Iam::ListInstanceProfileTags(
    const wire::Call& call, gen::ListInstanceProfileTagsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListTags<gen::ListInstanceProfileTagsResponse, account::InstanceProfile>(
      **state, *input.InstanceProfileName, input);
}

}  // namespace bedplate::services::iam
