#include "services/s3/upstream/remote_objects.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/clock.h"
#include "net/testing/raw_server.h"
#include "services/s3/upstream/answers.h"

namespace bedplate::services::s3 {
namespace {

using net::testing::RawPeer;
using net::testing::RawServer;

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

std::unique_ptr<RemoteObjects> StoreAt(const std::string& url, net::Reactors& reactors) {
  UpstreamOptions options;
  options.url = url;
  options.access_key_id = "AKIDEXAMPLE";
  options.secret = "the-secret";
  options.attempts = 3;
  options.pause = std::chrono::milliseconds(1);
  return std::make_unique<RemoteObjects>(
      std::move(*SignedClient::Make(std::move(options), reactors, SystemClock())));
}

TEST(RemoteObjects, TriesAgainWhatMayPass) {
  net::Reactors reactors({.threads = 1});
  std::atomic<int> asked = 0;
  RawServer server([&](RawPeer& peer) {
    const std::string head = peer.ReadHead();
    if (head.empty()) return;
    EXPECT_TRUE(head.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    peer.Send(++asked < 3 ? std::string(kBusy)
                          : "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"e\"\r\n\r\n");
  });
  const auto facts = StoreAt(server.Url(), reactors)->Look("bucket", "key");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->size_bytes, 5u);
  EXPECT_EQ(facts->etag, "e");
  EXPECT_EQ(asked, 3);
}

TEST(RemoteObjects, GivesUpAfterItsAttempts) {
  net::Reactors reactors({.threads = 1});
  std::atomic<int> asked = 0;
  RawServer server([&](RawPeer& peer) {
    if (peer.ReadHead().empty()) return;
    ++asked;
    peer.Send(kBusy);
  });
  const auto facts = StoreAt(server.Url(), reactors)->Look("bucket", "key");
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().fault, Fault::kUnavailable);
  EXPECT_FALSE(facts.error().message.contains("the-secret"));
  EXPECT_EQ(asked, 3);
}

TEST(RemoteObjects, DoesNotAskAgainForARefusal) {
  net::Reactors reactors({.threads = 1});
  std::atomic<int> asked = 0;
  RawServer server([&](RawPeer& peer) {
    if (peer.ReadHead().empty()) return;
    ++asked;
    peer.Send("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });
  EXPECT_EQ(StoreAt(server.Url(), reactors)->Look("bucket", "key").error().fault,
            Fault::kAccessDenied);
  EXPECT_EQ(asked, 1);
}

TEST(RemoteObjects, SeesAnObjectThatChangesWhileItIsRead) {
  net::Reactors reactors({.threads = 1});
  RawServer server([&](RawPeer& peer) {
    if (peer.ReadHead().empty()) return;
    // Says that there is more than it gives.
    peer.Send(
        "HTTP/1.1 206 Partial Content\r\ncontent-length: 3\r\ncontent-range: bytes 0-2/9\r\n"
        "etag: \"e\"\r\n\r\nabc");
  });
  EXPECT_EQ(StoreAt(server.Url(), reactors)->Read("bucket", "key").error().fault, Fault::kConflict);
}

TEST(UpstreamAnswers, AnErrorMayComeUnderAStatusOf200) {
  EXPECT_TRUE(CheckCompleted(
      "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>", "u"));
  const auto failed = CheckCompleted(
      "<Error><Code>InternalError</Code><Message>We failed.</Message></Error>", "http://u");
  EXPECT_EQ(failed.error().type, "InternalError");
  EXPECT_EQ(CheckCompleted("", "u").error().fault, Fault::kUnavailable);
}

TEST(UpstreamAnswers, ListsAreReadOrRefused) {
  const auto page = PageOf(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true"
      "</IsTruncated><Contents><Key>a%2Fb+c</Key><LastModified>1970-01-01T00:00:01.500Z"
      "</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->entries[0].key, "a/b c");
  EXPECT_EQ(page->entries[0].etag, "e");
  EXPECT_EQ(page->entries[0].size_bytes, 7u);
  EXPECT_EQ(page->entries[0].modified_at_ms, 1500);
  EXPECT_FALSE(PageOf("<html>"));
  EXPECT_FALSE(PageOf("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"));
  EXPECT_FALSE(PageOf("<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>"));
}

}  // namespace
}  // namespace bedplate::services::s3
