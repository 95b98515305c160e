// Lists of what a bucket holds: in order of keys, a page at a time, keys that share what stands
// before a delimiter rolled up into one.
//
// Pure over the scan it is given. Keys are compared by their bytes.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_ListObjectVersions.html
// and API_ListMultipartUploads.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/object_table.h"
#include "state/upload_table.h"

namespace bedplate::account::objects {

struct ListRequest {
  std::string bucket{};
  std::string prefix{};
  std::string delimiter{};
  // Only what is behind it; a rolled-up prefix stands for all keys that begin with it.
  std::string after{};
  // Versions: of the key `after`, only what is older than this (0: nothing of it).
  int64_t after_order = 0;
  // Uploads: of the key `after`, only those behind this (empty: none of them).
  std::string after_id{};
  size_t most = 1000;  // rows and prefixes together
};

template <class Row>
struct ListPage {
  std::vector<Row> rows;
  std::vector<std::string> prefixes;
  bool truncated = false;
  // Where the next page goes on: as ListRequest's.
  std::string after;
  int64_t after_order = 0;
  std::string after_id;
};

using VersionScan =
    std::function<Result<std::vector<state::VersionRow>>(const state::ObjectTable::Scan&)>;
using UploadScan =
    std::function<Result<std::vector<state::UploadRow>>(const state::UploadTable::Scan&)>;

// Latest versions, without delete markers.
Result<ListPage<state::VersionRow>> ListObjects(const ListRequest& request,
                                                const VersionScan& scan);
// All versions, the newest of a key first.
Result<ListPage<state::VersionRow>> ListVersions(const ListRequest& request,
                                                 const VersionScan& scan);
Result<ListPage<state::UploadRow>> ListUploads(const ListRequest& request, const UploadScan& scan);

// What `key` is rolled up into; empty when it stands for itself.
std::string_view RolledUp(std::string_view key, const ListRequest& request);

// The least text behind all that begin with `prefix`; empty when there is none.
std::string Behind(std::string prefix);

}  // namespace bedplate::account::objects
