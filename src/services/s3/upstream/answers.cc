#include "services/s3/upstream/answers.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <pugixml.hpp>

#include "account/objects/s3_error.h"
#include "wire/sigv4/timestamp.h"
#include "wire/sigv4/uri_encode.h"
#include "wire/timestamp.h"

namespace bedplate::services::s3 {
namespace {

using account::objects::ObjectEntry;
using account::objects::ObjectFacts;
using account::objects::ObjectPage;

constexpr size_t kMessageBytesMax = 500;
constexpr int kServersFault = 500;

std::unexpected<Error> Unreadable(std::string_view why) {
  return Fail(Fault::kUnavailable, fmt::format("The S3 server's answer cannot be read: {}", why));
}

std::optional<uint64_t> NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The root element of that name; null when there is none.
pugi::xml_node Parse(pugi::xml_document& document, std::string_view xml, const char* root) {
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  return document.child(root);
}

// Of another server's status: what is its fault, or may pass, makes it unavailable to us.
Fault FaultOfAnswer(int status) {
  if (status == 401) return Fault::kAccessDenied;
  const bool passes = status == 408 || status == 429 || status >= kServersFault;
  return passes ? Fault::kUnavailable : account::objects::FaultOf(status);
}

int64_t MillisecondsOf(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<ObjectEntry> EntryOf(pugi::xml_node node) {
  ObjectEntry entry;
  wire::sigv4::AppendDecoded(entry.key, node.child_value("Key"), true);
  const auto size = NumberOf(node.child_value("Size"));
  if (entry.key.empty() || !size) return Unreadable("an object without key or size");
  entry.size_bytes = *size;
  entry.etag = WithoutQuotes(node.child_value("ETag"));
  wire::Timestamp modified;
  if (!wire::ParseTimestamp(node.child_value("LastModified"), wire::TimestampFormat::kIso8601,
                            modified)) {
    return Unreadable("an object without the time when it was modified");
  }
  entry.modified_at_ms = modified.seconds * 1000 + modified.nanoseconds / 1'000'000;
  return entry;
}

}  // namespace

std::string WithoutQuotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Error ErrorOfAnswer(int status, std::string_view body, std::string_view url) {
  pugi::xml_document document;
  const pugi::xml_node root = Parse(document, body, "Error");
  Error error{.fault = FaultOfAnswer(status), .message = {}, .status = status};
  error.type = root.child_value("Code");
  error.message = fmt::format("The S3 server at {} answered {} {}", url, status, error.type);
  const std::string_view said = root.child_value("Message");
  if (!said.empty()) error.message += fmt::format(": {}", said.substr(0, kMessageBytesMax));
  return error;
}

Result<ObjectFacts> FactsOfHead(const net::Headers& headers) {
  ObjectFacts facts;
  auto size = headers.Find("content-length").value_or("");
  if (const auto range = headers.Find("content-range")) {
    size = range->substr(std::min(range->rfind('/'), range->size() - 1) + 1);
  }
  const auto bytes = NumberOf(size);
  if (!bytes) return Unreadable("an object that does not say its size");
  facts.size_bytes = *bytes;
  facts.etag = WithoutQuotes(headers.Find("etag").value_or(""));
  facts.content_type = headers.Find("content-type").value_or("");
  if (const auto date = headers.Find("last-modified")) {
    if (const auto at = wire::sigv4::ReadHttpDate(*date))
      facts.modified_at_ms = MillisecondsOf(*at);
  }
  return facts;
}

Result<ObjectPage> PageOf(std::string_view xml) {
  pugi::xml_document document;
  const pugi::xml_node root = Parse(document, xml, "ListBucketResult");
  if (!root) return Unreadable("no list");
  ObjectPage page;
  for (const pugi::xml_node node : root.children("Contents")) {
    auto entry = EntryOf(node);
    if (!entry) return std::unexpected(std::move(entry.error()));
    page.entries.push_back(std::move(*entry));
  }
  page.more = std::string_view(root.child_value("IsTruncated")) == "true";
  if (page.more && page.entries.empty()) return Unreadable("a page without keys, and more behind");
  return page;
}

Result<std::string> UploadIdOf(std::string_view xml) {
  pugi::xml_document document;
  std::string id = Parse(document, xml, "InitiateMultipartUploadResult").child_value("UploadId");
  if (id.empty()) return Unreadable("an upload without an id");
  return id;
}

Result<void> CheckCompleted(std::string_view xml, std::string_view url) {
  pugi::xml_document document;
  if (Parse(document, xml, "CompleteMultipartUploadResult")) return {};
  if (document.child("Error")) return std::unexpected(ErrorOfAnswer(kServersFault, xml, url));
  return Unreadable("neither a completed upload nor an error");
}

}  // namespace bedplate::services::s3
