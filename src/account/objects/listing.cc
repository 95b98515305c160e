#include "account/objects/listing.h"

#include <algorithm>
#include <utility>

namespace bedplate::account::objects {
namespace {

constexpr size_t kScanMax = 1001;
// With a delimiter most of what a scan finds may be rolled up: few rows at a time then.
constexpr size_t kScanWithDelimiter = 128;

int64_t OrderOf(const state::VersionRow& row) { return row.version_order; }
int64_t OrderOf(const state::UploadRow&) { return 0; }
std::string IdOf(const state::VersionRow&) { return {}; }
std::string IdOf(const state::UploadRow& row) { return row.upload_id; }

// Where a scan goes on.
struct Place {
  std::string after;
  int64_t after_order = 0;
  std::string after_id;
  std::string from;  // not empty: here, and not behind `after`
  bool ended = false;
};

// A marker that is itself a rolled-up prefix stands for all that it holds.
Place PlaceOf(const ListRequest& request) {
  Place place{.after = request.after,
              .after_order = request.after_order,
              .after_id = request.after_id,
              .from = {}};
  if (!request.after.empty() && RolledUp(request.after, request) == request.after) {
    place.from = Behind(request.after);
    place.ended = place.from.empty();
  }
  return place;
}

template <class Row, class Scan>
Result<ListPage<Row>> List(const ListRequest& request, const Scan& scan) {
  ListPage<Row> page;
  if (request.most == 0) return page;
  Place place = PlaceOf(request);
  while (!place.ended) {
    const size_t left = request.most - page.rows.size() - page.prefixes.size();
    const size_t most =
        std::min(left + 1, request.delimiter.empty() ? kScanMax : kScanWithDelimiter);
    auto rows = scan(place, most);
    if (!rows) return std::unexpected(std::move(rows.error()));
    place.ended = rows->size() < most;
    for (Row& row : *rows) {
      if (page.rows.size() + page.prefixes.size() == request.most) {
        page.truncated = true;
        return page;
      }
      const std::string prefix(RolledUp(row.key, request));
      if (!prefix.empty()) {
        page.prefixes.push_back(prefix);
        page.after = prefix;
        page.after_order = 0;
        page.after_id.clear();
        place = {.after = {}, .after_id = {}, .from = Behind(prefix)};
        place.ended = place.from.empty();
        break;
      }
      page.after = row.key;
      page.after_order = OrderOf(row);
      page.after_id = IdOf(row);
      place = {.after = page.after,
               .after_order = page.after_order,
               .after_id = page.after_id,
               .from = {},
               .ended = place.ended};
      page.rows.push_back(std::move(row));
    }
  }
  return page;
}

Result<ListPage<state::VersionRow>> ListVersionRows(const ListRequest& request,
                                                    const VersionScan& scan, bool latest) {
  return List<state::VersionRow>(request, [&](const Place& place, size_t most) {
    return scan({.bucket = request.bucket,
                 .prefix = request.prefix,
                 .after = place.after,
                 .after_order = latest ? 0 : place.after_order,
                 .from = place.from,
                 .latest = latest,
                 .most = most});
  });
}

}  // namespace

std::string_view RolledUp(std::string_view key, const ListRequest& request) {
  if (request.delimiter.empty() || !key.starts_with(request.prefix)) return {};
  const size_t at = key.find(request.delimiter, request.prefix.size());
  if (at == std::string_view::npos) return {};
  return key.substr(0, at + request.delimiter.size());
}

std::string Behind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

Result<ListPage<state::VersionRow>> ListObjects(const ListRequest& request,
                                                const VersionScan& scan) {
  return ListVersionRows(request, scan, true);
}

Result<ListPage<state::VersionRow>> ListVersions(const ListRequest& request,
                                                 const VersionScan& scan) {
  return ListVersionRows(request, scan, false);
}

Result<ListPage<state::UploadRow>> ListUploads(const ListRequest& request, const UploadScan& scan) {
  return List<state::UploadRow>(request, [&](const Place& place, size_t most) {
    return scan({.bucket = request.bucket,
                 .prefix = request.prefix,
                 .after_key = place.after,
                 .after_id = place.after_id,
                 .from = place.from,
                 .most = most});
  });
}

}  // namespace bedplate::account::objects
