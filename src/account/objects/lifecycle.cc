#include "account/objects/lifecycle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace bedplate::account::objects {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr size_t kPage = 1000;

// A version, and what stands above it: the versions of a key come newest first.
struct Seen {
  std::string key;
  int64_t above_ms = 0;  // when the version above was made: since then this one is noncurrent
  int newer_noncurrent = 0;
};

bool MarkerHasNothingBelow(LocalStore& store, const Version& marker) {
  const auto below = store.table().List({.bucket = marker.bucket,
                                         .prefix = marker.key,
                                         .after = marker.key,
                                         .after_order = marker.version_order,
                                         .latest = false,
                                         .most = 1});
  return below && (below->empty() || below->front().key != marker.key);
}

bool HasExpired(const LifecycleRule& rule, const Version& version, int64_t now_ms) {
  if (rule.expire_days > 0) return now_ms >= ExpiryMs(version.modified_at_ms, rule.expire_days);
  return rule.expire_at_s > 0 && now_ms >= rule.expire_at_s * 1000;
}

class Sweep {
 public:
  Sweep(LocalStore& store, BucketPtr bucket, LifecycleCounts& counts)
      : store_(store), bucket_(std::move(bucket)), counts_(counts), now_ms_(store.NowMs()) {}

  Result<void> Run() {
    if (auto done = Versions(); !done) return done;
    return AbortUploads();
  }

 private:
  Result<void> Versions() {
    ListRequest request{.bucket = bucket_->name, .most = kPage};
    for (;;) {
      auto page = store_.List(request, true);
      if (!page) return std::unexpected(std::move(page.error()));
      for (const Version& version : page->rows) {
        if (auto done = Look(version); !done) return done;
      }
      if (!page->truncated) return {};
      request.after = page->after;
      request.after_order = page->after_order;
    }
  }

  Result<void> Look(const Version& version) {
    if (seen_.key != version.key) seen_ = {.key = version.key};
    for (const LifecycleRule& rule : bucket_->lifecycle) {
      if (!rule.enabled || !AppliesTo(rule, version)) continue;
      bool gone = false;
      auto done = version.latest ? Current(rule, version, gone) : Noncurrent(rule, version, gone);
      if (!done) return done;
      if (gone) break;
    }
    if (!version.latest) ++seen_.newer_noncurrent;
    seen_.above_ms = version.modified_at_ms;
    return {};
  }

  Result<void> Current(const LifecycleRule& rule, const Version& version, bool& gone) {
    if (version.delete_marker) {
      const bool lonely = rule.expire_markers || rule.expire_days > 0;
      if (!lonely || !MarkerHasNothingBelow(store_, version)) return {};
      if (!rule.expire_markers && !HasExpired(rule, version, now_ms_)) return {};
      return Remove(version, gone);
    }
    if (!HasExpired(rule, version, now_ms_)) return {};
    gone = true;
    ++counts_.expired;
    if (bucket_->versioning.empty()) {
      auto freed = store_.table().DeleteSeen(version);
      if (!freed) return std::unexpected(std::move(freed.error()));
      store_.folder().Remove(*freed);
      return {};
    }
    // Only what was looked at: it may have been put anew.
    state::WriteCondition condition;
    condition.if_match = version.etag;
    auto deleted = store_.Delete(bucket_->name, version.key, {}, condition);
    if (deleted || deleted.error().fault == Fault::kConflict ||
        deleted.error().fault == Fault::kNotFound) {
      return {};
    }
    return std::unexpected(std::move(deleted.error()));
  }

  Result<void> Noncurrent(const LifecycleRule& rule, const Version& version, bool& gone) {
    if (rule.noncurrent_days == 0 || seen_.newer_noncurrent < rule.noncurrent_kept) return {};
    if (now_ms_ < ExpiryMs(seen_.above_ms, rule.noncurrent_days)) return {};
    return Remove(version, gone);
  }

  Result<void> Remove(const Version& version, bool& gone) {
    auto freed = store_.table().DeleteSeen(version);
    if (!freed) return std::unexpected(std::move(freed.error()));
    store_.folder().Remove(*freed);
    ++counts_.removed;
    gone = true;
    return {};
  }

  Result<void> AbortUploads() {
    for (const LifecycleRule& rule : bucket_->lifecycle) {
      if (!rule.enabled || rule.abort_uploads_days == 0) continue;
      auto begun = store_.uploads().BegunBefore(bucket_->name, now_ms_, kPage);
      if (!begun) return std::unexpected(std::move(begun.error()));
      for (const state::UploadRow& upload : *begun) {
        if (!upload.key.starts_with(rule.prefix) ||
            now_ms_ < ExpiryMs(upload.started_at_ms, rule.abort_uploads_days)) {
          continue;
        }
        auto freed = store_.uploads().Abort(bucket_->name, upload.key, upload.upload_id);
        if (!freed) continue;  // complete or aborted meanwhile
        store_.folder().Remove(*freed);
        ++counts_.aborted;
      }
    }
    return {};
  }

  LocalStore& store_;
  const BucketPtr bucket_;
  LifecycleCounts& counts_;
  const int64_t now_ms_;
  Seen seen_;
};

}  // namespace

bool AppliesTo(const LifecycleRule& rule, const Version& version) {
  if (!version.key.starts_with(rule.prefix)) return false;
  if (version.delete_marker) return rule.tags.empty() && rule.size_greater_than < 0;
  if (rule.size_greater_than >= 0 && version.size_bytes <= rule.size_greater_than) return false;
  if (rule.size_less_than >= 0 && version.size_bytes >= rule.size_less_than) return false;
  if (rule.tags.empty()) return true;
  const auto tags = TagsOf(version.tags);
  return tags && std::ranges::all_of(rule.tags, [&](const auto& tag) {
           return std::ranges::find(*tags, tag) != tags->end();
         });
}

int64_t ExpiryMs(int64_t began_ms, int days) {
  const int64_t due = began_ms + days * kDayMs;
  return (due + kDayMs - 1) / kDayMs * kDayMs;
}

Result<LifecycleCounts> CarryOut(LocalStore& store) {
  LifecycleCounts counts;
  Result<void> first;
  for (const BucketPtr& bucket : store.buckets().All()) {
    if (bucket->lifecycle.empty()) continue;
    auto done = Sweep(store, bucket, counts).Run();
    if (!done && first && done.error().type != "NoSuchBucket") first = std::move(done);
  }
  if (counts.expired + counts.removed + counts.aborted > 0) {
    log::Info(
        "objects", "lifecycle rules were carried out",
        {{"expired", counts.expired}, {"removed", counts.removed}, {"aborted", counts.aborted}});
  }
  if (!first) return std::unexpected(std::move(first.error()));
  return counts;
}

}  // namespace bedplate::account::objects
