// Tags as generated structures have them.
#pragma once

#include <vector>

#include "account/objects/bucket_settings.h"
#include "s3/shapes/Tag.h"
#include "s3/shapes/Tagging.h"

namespace bedplate::services::s3 {

namespace gen = ::bedplate::gen::s3;

inline ::bedplate::account::objects::Tags TagsOf(const gen::Tagging& tagging) {
  ::bedplate::account::objects::Tags tags;
  if (!tagging.TagSet) return tags;
  for (const gen::Tag& tag : *tagging.TagSet) {
    tags.emplace_back(tag.Key.value_or(""), tag.Value.value_or(""));
  }
  return tags;
}

inline std::vector<gen::Tag> TagSetOf(const ::bedplate::account::objects::Tags& tags) {
  std::vector<gen::Tag> set;
  for (const auto& [key, value] : tags) {
    gen::Tag& tag = set.emplace_back();
    tag.Key = key;
    tag.Value = value;
  }
  return set;
}

}  // namespace bedplate::services::s3
