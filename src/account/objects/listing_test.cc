#include "account/objects/listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace bedplate::account::objects {
namespace {

using state::VersionRow;

// A bucket as rows in order, scanned as the table does.
struct Model {
  std::vector<VersionRow> rows;

  void Sort() {
    std::ranges::sort(rows, [](const VersionRow& a, const VersionRow& b) {
      return a.key != b.key ? a.key < b.key : a.version_order > b.version_order;
    });
  }
  Result<std::vector<VersionRow>> Scan(const state::ObjectTable::Scan& scan) {
    ++scans;
    std::vector<VersionRow> found;
    for (const VersionRow& row : rows) {
      if (!row.key.starts_with(scan.prefix)) continue;
      if (!scan.from.empty()) {
        if (row.key < scan.from) continue;
      } else if (row.key < scan.after ||
                 (row.key == scan.after && !scan.after.empty() &&
                  (scan.after_order == 0 || row.version_order >= scan.after_order))) {
        continue;
      }
      if (scan.latest && (!row.latest || row.delete_marker)) continue;
      found.push_back(row);
      if (found.size() == scan.most) break;
    }
    return found;
  }
  int scans = 0;
};

// What a list must say, found the slow way: everything at once.
std::vector<std::string> Expected(const Model& model, const ListRequest& request, bool latest) {
  std::vector<std::string> items;
  std::set<std::string> rolled;
  for (const VersionRow& row : model.rows) {
    if (!row.key.starts_with(request.prefix)) continue;
    if (latest && (!row.latest || row.delete_marker)) continue;
    const size_t at = request.delimiter.empty()
                          ? std::string::npos
                          : row.key.find(request.delimiter, request.prefix.size());
    if (at == std::string::npos) {
      items.push_back(row.key + " " + std::to_string(row.version_order));
      continue;
    }
    const std::string prefix = row.key.substr(0, at + request.delimiter.size());
    if (rolled.insert(prefix).second) items.push_back(prefix + " *");
  }
  return items;
}

// The same by pages of `most`.
std::vector<std::string> Paged(Model& model, ListRequest request, bool latest) {
  std::vector<std::string> items;
  const auto scan = [&](const state::ObjectTable::Scan& asked) { return model.Scan(asked); };
  for (int pages = 0; pages < 10'000; ++pages) {
    const auto page = latest ? ListObjects(request, scan) : ListVersions(request, scan);
    EXPECT_TRUE(page);
    EXPECT_LE(page->rows.size() + page->prefixes.size(), request.most);
    std::vector<std::string> here;
    for (const VersionRow& row : page->rows) {
      here.push_back(row.key + " " + std::to_string(row.version_order));
    }
    for (const std::string& prefix : page->prefixes) here.push_back(prefix + " *");
    items.insert(items.end(), here.begin(), here.end());
    if (!page->truncated) return items;
    EXPECT_EQ(here.size(), request.most) << "a page that is cut must be full";
    request.after = page->after;
    request.after_order = page->after_order;
  }
  ADD_FAILURE() << "it never ends";
  return items;
}

std::string RandomKey(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"a", "b",        "/", "//", "a/",
                                                 "-", "\xc3\xa4", "z", "."};
  std::string key;
  const size_t size = 1 + random() % 6;
  for (size_t i = 0; i < size; ++i) key += kPieces[random() % std::size(kPieces)];
  return key;
}

TEST(Listing, PagesTogetherAreWhatIsThere) {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    Model model;
    std::set<std::string> keys;
    for (size_t i = random() % 60; i > 0; --i) keys.insert(RandomKey(random));
    for (const std::string& key : keys) {
      const int versions = static_cast<int>(1 + random() % 3);
      for (int i = 1; i <= versions; ++i) {
        VersionRow row;
        row.key = key;
        row.version_order = i;
        row.latest = i == versions;
        row.delete_marker = random() % 5 == 0;
        model.rows.push_back(row);
      }
    }
    model.Sort();
    ListRequest request;
    request.most = 1 + random() % 7;
    if (random() % 2 == 0) request.prefix = RandomKey(random).substr(0, 1 + random() % 2);
    if (random() % 3 != 0) request.delimiter = random() % 4 == 0 ? "a/" : "/";
    for (const bool latest : {true, false}) {
      auto expected = Expected(model, request, latest);
      auto paged = Paged(model, request, latest);
      std::ranges::sort(expected);
      std::ranges::sort(paged);
      ASSERT_EQ(paged, expected) << "prefix '" << request.prefix << "' delimiter '"
                                 << request.delimiter << "' pages of " << request.most;
    }
  }
}

TEST(Listing, StartsBehindAMarkerThatIsNoKey) {
  Model model;
  for (const char* const key : {"a/1", "a/2", "b", "c/1"}) {
    VersionRow row;
    row.key = key;
    row.version_order = 1;
    model.rows.push_back(row);
  }
  const auto scan = [&](const state::ObjectTable::Scan& asked) { return model.Scan(asked); };
  ListRequest request{.delimiter = "/", .after = "a/1"};
  EXPECT_EQ(ListObjects(request, scan)->prefixes, (std::vector<std::string>{"a/", "c/"}));
  request.after = "a/";
  EXPECT_EQ(ListObjects(request, scan)->prefixes, std::vector<std::string>{"c/"});
  request.after = "aa";
  EXPECT_EQ(ListObjects(request, scan)->rows.size(), 1u);
  request.after = "c/";
  EXPECT_TRUE(ListObjects(request, scan)->prefixes.empty());
}

TEST(Listing, AFolderOfManyKeysIsOneStep) {
  Model model;
  for (int i = 0; i < 10'000; ++i) {
    VersionRow row;
    row.key = (i < 9'999 ? "many/" : "single/") + std::to_string(i);
    row.version_order = 1;
    model.rows.push_back(row);
  }
  model.Sort();
  const auto scan = [&](const state::ObjectTable::Scan& asked) { return model.Scan(asked); };
  const auto page = ListObjects({.delimiter = "/"}, scan);
  EXPECT_EQ(page->prefixes, (std::vector<std::string>{"many/", "single/"}));
  EXPECT_LE(model.scans, 3);
}

TEST(Listing, NothingIsAskedForNothing) {
  Model model;
  model.rows.emplace_back().key = "a";
  const auto page = ListObjects({.most = 0}, [&](const auto& asked) { return model.Scan(asked); });
  EXPECT_TRUE(page->rows.empty());
  EXPECT_FALSE(page->truncated);
}

}  // namespace
}  // namespace bedplate::account::objects
