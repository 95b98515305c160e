// Lifecycle rules of buckets: what expires. Transitions go to storage that this server has not.
#include <fmt/format.h>

#include <set>

#include "s3/ops/DeleteBucketLifecycle.h"
#include "s3/ops/GetBucketLifecycleConfiguration.h"
#include "s3/ops/PutBucketLifecycleConfiguration.h"
#include "services/s3/say.h"
#include "services/s3/service.h"

namespace bedplate::services::s3 {
namespace {

namespace setting = objects::setting;
using objects::InvalidArgument;
using objects::InvalidRequest;
using objects::S3Fail;

constexpr size_t kRulesMax = 1000;
constexpr int64_t kDayS = 86'400;

std::unexpected<Error> Malformed(std::string message) {
  return S3Fail("MalformedXML", 400, std::move(message));
}

objects::Tags TagsOfRule(const std::vector<gen::Tag>& set) {
  objects::Tags tags;
  for (const gen::Tag& tag : set) tags.emplace_back(tag.Key.value_or(""), tag.Value.value_or(""));
  return tags;
}

void ReadFilter(const gen::LifecycleRule& rule, objects::LifecycleRule& read) {
  read.has_filter = rule.Filter.has_value();
  if (rule.Prefix) {
    read.has_prefix = true;
    read.prefix = *rule.Prefix;
  }
  if (!rule.Filter) return;
  const gen::LifecycleRuleFilter& filter = *rule.Filter;
  const auto sizes = [&](const auto& from) {
    read.size_greater_than = from.ObjectSizeGreaterThan.value_or(-1);
    read.size_less_than = from.ObjectSizeLessThan.value_or(-1);
    if (from.Prefix) {
      read.has_prefix = true;
      read.prefix = *from.Prefix;
    }
  };
  if (filter.And) {
    read.has_and = true;
    sizes(*filter.And);
    if (filter.And->Tags) read.tags = TagsOfRule(*filter.And->Tags);
    return;
  }
  sizes(filter);
  if (filter.Tag) {
    read.tags = {{filter.Tag->Key.value_or(""), filter.Tag->Value.value_or("")}};
  }
}

Result<void> ReadActions(const gen::LifecycleRule& rule, objects::LifecycleRule& read) {
  if (rule.Expiration) {
    const gen::LifecycleExpiration& expiration = *rule.Expiration;
    read.expire_markers = expiration.ExpiredObjectDeleteMarker.value_or(false);
    if (expiration.Days) {
      read.expire_days = *expiration.Days;
      if (read.expire_days < 1) {
        return InvalidArgument("'Days' for Expiration action must be a positive integer");
      }
    }
    if (expiration.Date) {
      read.expire_at_s = expiration.Date->seconds;
      if (read.expire_at_s <= 0 || read.expire_at_s % kDayS != 0) {
        return InvalidArgument("'Date' must be at midnight GMT");
      }
    }
    if (expiration.Days.has_value() + expiration.Date.has_value() +
            expiration.ExpiredObjectDeleteMarker.has_value() !=
        1) {
      return Malformed("An Expiration has either Days, or Date, or ExpiredObjectDeleteMarker.");
    }
  }
  if (rule.NoncurrentVersionExpiration) {
    read.noncurrent_days = rule.NoncurrentVersionExpiration->NoncurrentDays.value_or(0);
    read.noncurrent_kept = rule.NoncurrentVersionExpiration->NewerNoncurrentVersions.value_or(0);
    if (read.noncurrent_days < 1) {
      return InvalidArgument(
          "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer");
    }
  }
  if (rule.AbortIncompleteMultipartUpload) {
    read.abort_uploads_days = rule.AbortIncompleteMultipartUpload->DaysAfterInitiation.value_or(0);
    if (read.abort_uploads_days < 1) {
      return InvalidArgument(
          "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must "
          "be a positive integer");
    }
    if (!read.tags.empty()) {
      return InvalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags");
    }
  }
  return {};
}

Result<objects::LifecycleRule> RuleOf(const gen::LifecycleRule& rule) {
  objects::LifecycleRule read{.id = rule.ID.value_or("")};
  const std::string_view status = rule.Status ? rule.Status->text() : std::string_view();
  if (status != "Enabled" && status != "Disabled") {
    return Malformed("The Status of a rule is Enabled or Disabled.");
  }
  read.enabled = status == "Enabled";
  if (read.id.size() > 255)
    return InvalidArgument("ID length should not exceed allowed limit of 255");
  if (rule.Transitions || rule.NoncurrentVersionTransitions) {
    return S3Fail("NotImplemented", 501,
                  "Transitions are not implemented: there is no other storage to go to.");
  }
  if (rule.Filter && rule.Prefix) {
    return Malformed("A rule has either a Filter or a Prefix of its own.");
  }
  ReadFilter(rule, read);
  if (auto actions = ReadActions(rule, read); !actions) {
    return std::unexpected(std::move(actions.error()));
  }
  if (!rule.Expiration && !rule.NoncurrentVersionExpiration &&
      !rule.AbortIncompleteMultipartUpload) {
    return InvalidRequest("At least one action needs to be specified in a rule");
  }
  return read;
}

gen::LifecycleRuleFilter FilterOf(const objects::LifecycleRule& rule) {
  gen::LifecycleRuleFilter filter;
  const auto put = [&](auto& into) {
    if (rule.has_prefix) into.Prefix = rule.prefix;
    if (rule.size_greater_than >= 0) into.ObjectSizeGreaterThan = rule.size_greater_than;
    if (rule.size_less_than >= 0) into.ObjectSizeLessThan = rule.size_less_than;
  };
  const auto tag_of = [](const auto& tag) {
    gen::Tag shown;
    shown.Key = tag.first;
    shown.Value = tag.second;
    return shown;
  };
  if (!rule.has_and) {
    put(filter);
    if (!rule.tags.empty()) filter.Tag = tag_of(rule.tags.front());
    return filter;
  }
  auto& all = filter.And.emplace();
  put(all);
  if (rule.tags.empty()) return filter;
  auto& tags = all.Tags.emplace();
  for (const auto& tag : rule.tags) tags.push_back(tag_of(tag));
  return filter;
}

gen::LifecycleRule ShownOf(const objects::LifecycleRule& rule) {
  gen::LifecycleRule shown;
  shown.ID = rule.id;
  shown.Status.emplace() =
      wire::OpenEnum<gen::ExpirationStatus>::FromText(rule.enabled ? "Enabled" : "Disabled");
  if (rule.has_filter) {
    shown.Filter = FilterOf(rule);
  } else if (rule.has_prefix) {
    shown.Prefix = rule.prefix;
  }
  if (rule.expire_days > 0) shown.Expiration.emplace().Days = rule.expire_days;
  if (rule.expire_at_s > 0) {
    shown.Expiration.emplace().Date = wire::Timestamp{.seconds = rule.expire_at_s};
  }
  if (rule.expire_markers) shown.Expiration.emplace().ExpiredObjectDeleteMarker = true;
  if (rule.noncurrent_days > 0) {
    auto& noncurrent = shown.NoncurrentVersionExpiration.emplace();
    noncurrent.NoncurrentDays = rule.noncurrent_days;
    if (rule.noncurrent_kept > 0) noncurrent.NewerNoncurrentVersions = rule.noncurrent_kept;
  }
  if (rule.abort_uploads_days > 0) {
    shown.AbortIncompleteMultipartUpload.emplace().DaysAfterInitiation = rule.abort_uploads_days;
  }
  return shown;
}

}  // namespace

net::Task<Result<gen::GetBucketLifecycleConfigurationOutput>> S3::GetBucketLifecycleConfiguration(
    const wire::Call&, gen::GetBucketLifecycleConfigurationRequest input) {
  const auto bucket =
      Said(store_, *input.Bucket, input.ExpectedBucketOwner, setting::kLifecycle,
           "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
  if (!bucket) co_return std::unexpected(bucket.error());
  gen::GetBucketLifecycleConfigurationOutput output;
  auto& rules = output.Rules.emplace();
  for (const objects::LifecycleRule& rule : (*bucket)->lifecycle) rules.push_back(ShownOf(rule));
  co_return output;
}

net::Task<Result<gen::PutBucketLifecycleConfigurationOutput>> S3::PutBucketLifecycleConfiguration(
    const wire::Call&, gen::PutBucketLifecycleConfigurationRequest input) {
  if (!input.LifecycleConfiguration || !input.LifecycleConfiguration->Rules) {
    co_return Malformed("A lifecycle configuration has rules.");
  }
  std::vector<objects::LifecycleRule> rules;
  std::set<std::string> ids;
  for (const gen::LifecycleRule& rule : *input.LifecycleConfiguration->Rules) {
    auto read = RuleOf(rule);
    if (!read) co_return std::unexpected(std::move(read.error()));
    if (read->id.empty()) read->id = fmt::format("rule-{}", rules.size() + 1);
    if (!ids.insert(read->id).second) {
      co_return InvalidArgument(fmt::format(
          "Rule ID must be unique. Found same ID for more than one rule: {}", read->id));
    }
    rules.push_back(std::move(*read));
  }
  if (rules.empty() || rules.size() > kRulesMax) {
    co_return Malformed(fmt::format("A lifecycle configuration has 1 to {} rules, not {}.",
                                    kRulesMax, rules.size()));
  }
  auto said = co_await Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner,
                           setting::kLifecycle, objects::ToJson(rules));
  if (!said) co_return std::unexpected(std::move(said.error()));
  co_return gen::PutBucketLifecycleConfigurationOutput{};
}

net::Task<Result<void>> S3::DeleteBucketLifecycle(const wire::Call&,
                                                  gen::DeleteBucketLifecycleRequest input) {
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kLifecycle, {});
}

}  // namespace bedplate::services::s3
