// Recorder: lets requests be answered as they would be, and keeps what was answered.
//
// Kept are answers that asking again would give again: successes, streams that came to their end,
// and refusals of the request itself. Not those that tell of a moment: throttling, time-outs,
// models that were not ready or failed, servers that were not there. An answer is on the disk
// before its client has the end of it.
//
// Threads: as wire::Detour.
#pragma once

#include <memory>

#include "gateway/recording/recording_folder.h"
#include "net/blocking_pool.h"
#include "wire/detour.h"

namespace bedplate::gateway {

class Recorder final : public wire::Detour {
 public:
  // Requests go on to `next` where that takes them, else to `dispatcher`. All but `folder` outlive
  // this; `next` may be null.
  Recorder(std::unique_ptr<RecordingFolder> folder, net::BlockingPool& pool,
           const wire::Dispatcher& dispatcher, const wire::Detour* next)
      : folder_(std::move(folder)), pool_(pool), dispatcher_(dispatcher), next_(next) {}

  bool Takes(const wire::Match& match, const wire::Call& call) const override;
  net::Task<wire::Outcome> Answer(const wire::Match& match, const wire::Call& call,
                                  const net::Request& request, std::string_view body,
                                  net::Responder& responder) const override;

 private:
  const std::unique_ptr<RecordingFolder> folder_;
  net::BlockingPool& pool_;
  const wire::Dispatcher& dispatcher_;
  const wire::Detour* next_;
};

}  // namespace bedplate::gateway
