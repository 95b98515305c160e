#include <utility>

#include "kms/ops/ListResourceTags.h"
#include "kms/ops/TagResource.h"
#include "kms/ops/UntagResource.h"
#include "services/kms/key_metadata.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr PageLimit kLimit = {.standard = 50, .most = 50};

}  // namespace

net::Task<Result<void>> Kms::TagResource(const wire::Call& call, gen::TagResourceRequest input) {
  const auto tags = ToTags(*input.Tags);
  if (!tags) co_return std::unexpected(tags.error());
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  if (auto ok = keys::CheckNotPendingDeletion((*key)->state, (*key)->arn); !ok) co_return ok;
  co_return co_await pool_.Run(
      [&] { return keys_.administration.AddTags((*key)->place(), *tags); });
}

net::Task<Result<void>> Kms::UntagResource(const wire::Call& call,
                                           gen::UntagResourceRequest input) {
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  if (auto ok = keys::CheckNotPendingDeletion((*key)->state, (*key)->arn); !ok) co_return ok;
  co_return co_await pool_.Run(
      [&] { return keys_.administration.RemoveTags((*key)->place(), *input.TagKeys); });
}

net::Task<Result<gen::ListResourceTagsResponse>> Kms::ListResourceTags(
    const wire::Call& call, gen::ListResourceTagsRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  std::vector<gen::Tag> tags;
  const auto first = after->empty() ? (*key)->tags.begin() : (*key)->tags.upper_bound(*after);
  for (auto at = first; at != (*key)->tags.end() && tags.size() <= *most; ++at) {
    gen::Tag& tag = tags.emplace_back();
    tag.TagKey = at->first;
    tag.TagValue = at->second;
  }
  gen::ListResourceTagsResponse response;
  EndPage(response, tags, *most, [](const gen::Tag& tag) { return *tag.TagKey; });
  response.Tags = std::move(tags);
  co_return response;
}

}  // namespace bedplate::services::kms
