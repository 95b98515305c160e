// Replayer: answers requests with what was recorded, byte for byte but for the request's id, and
// asks no model. Where a request was recorded several times its answers come in the order of the
// recording, and the last of them again from then on. A request without a recording is answered
// with the error that its operation has for what is not there, which names the nearest one.
//
// Threads: as wire::Detour.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "gateway/recording/recording_folder.h"
#include "wire/detour.h"

namespace bedplate::gateway {

class Replayer final : public wire::Detour {
 public:
  // Blocks on the disk; fails as ReadRecordings does, and where there is nothing to replay.
  static Result<std::unique_ptr<Replayer>> Open(const std::filesystem::path& folder);

  bool Takes(const wire::Match& match, const wire::Call& call) const override;
  net::Task<wire::Outcome> Answer(const wire::Match& match, const wire::Call& call,
                                  const net::Request& request, std::string_view body,
                                  net::Responder& responder) const override;

 private:
  struct Entry {
    explicit Entry(StoredRecording from) : stored(std::move(from)) {}
    const RecordedAnswer& Next();

    const StoredRecording stored;
    std::atomic<size_t> next = 0;  // of the answers
  };

  explicit Replayer(std::vector<StoredRecording> stored);

  std::string ExplainMiss(const RecordedRequest& asked) const;

  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;  // by key
};

}  // namespace bedplate::gateway
