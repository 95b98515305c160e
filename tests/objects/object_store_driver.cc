// Objects of a server that speaks S3, read and written from the command line (README.md).
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/reactors.h"
#include "services/s3/upstream/remote_objects.h"

namespace {

namespace objects = bedplate::account::objects;
namespace s3 = bedplate::services::s3;

constexpr size_t kBytes = 1 << 20;
constexpr size_t kPage = 7;  // small, so that there are several

int Tell(const bedplate::Error& error) {
  std::fprintf(stderr, "%s %d %s\n", error.type.c_str(), error.status, error.message.c_str());
  return 1;
}

int Write(objects::ObjectStore& store, const std::string& bucket, const std::string& key) {
  auto sink = store.Write(bucket, key, "text/x-driven");
  if (!sink) return Tell(sink.error());
  std::string bytes(kBytes, '\0');
  while (const size_t count = std::fread(bytes.data(), 1, bytes.size(), stdin)) {
    auto appended = (*sink)->Append(std::string_view(bytes).substr(0, count));
    if (!appended) return Tell(appended.error());
  }
  auto done = (*sink)->Finish();
  return done ? 0 : Tell(done.error());
}

int Read(objects::ObjectStore& store, const std::string& bucket, const std::string& key) {
  auto source = store.Read(bucket, key);
  if (!source) return Tell(source.error());
  std::string bytes;
  for (;;) {
    bytes.clear();
    auto read = (*source)->Read(bytes, kBytes);
    if (!read) return Tell(read.error());
    if (bytes.empty()) return 0;
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
}

int List(objects::ObjectStore& store, const std::string& bucket, const std::string& prefix) {
  std::string after;
  for (;;) {
    auto page = store.List(bucket, prefix, after, kPage);
    if (!page) return Tell(page.error());
    for (const objects::ObjectEntry& entry : page->entries) {
      // Keys may hold line ends.
      std::printf("%s %llu %lld%c", entry.etag.c_str(),
                  static_cast<unsigned long long>(entry.size_bytes),
                  static_cast<long long>(entry.modified_at_ms), ' ');
      std::printf("%s%c", entry.key.c_str(), '\0');
    }
    if (!page->more) return 0;
    after = page->entries.back().key;
  }
}

int Look(objects::ObjectStore& store, const std::string& bucket, const std::string& key) {
  const auto facts = store.Look(bucket, key);
  if (!facts) return Tell(facts.error());
  std::printf("%llu %s %lld %s\n", static_cast<unsigned long long>(facts->size_bytes),
              facts->etag.c_str(), static_cast<long long>(facts->modified_at_ms),
              facts->content_type.c_str());
  return 0;
}

int Do(objects::ObjectStore& store, const std::string& what, const std::string& bucket,
       const std::string& name) {
  if (what == "write") return Write(store, bucket, name);
  if (what == "read") return Read(store, bucket, name);
  if (what == "list") return List(store, bucket, name);
  if (what == "look") return Look(store, bucket, name);
  const auto deleted = store.Delete(bucket, name);
  return deleted ? 0 : Tell(deleted.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 6) {
    std::fputs("usage: object_store_driver URL ACCESS_KEY_ID SECRET_FILE COMMAND BUCKET NAME\n",
               stderr);
    return 2;
  }
  std::ifstream file(words[2]);
  s3::UpstreamOptions options;
  options.url = words[0];
  options.access_key_id = words[1];
  options.secret = std::string(std::istreambuf_iterator<char>(file), {});
  bedplate::net::Reactors reactors({.threads = 1});
  auto client = s3::SignedClient::Make(std::move(options), reactors, bedplate::SystemClock());
  if (!client) return Tell(client.error());
  s3::RemoteObjects store(std::move(*client));
  return Do(store, words[3], words[4], words[5]);
}
