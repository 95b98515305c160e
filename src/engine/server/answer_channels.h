// AnswerChannels: brings what the inference thread says of a request to the coroutine that waits
// for it.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/inference/generation.h"
#include "engine/server/signal.h"

namespace bedplate::engine {

// Reactor thread only.
class AnswerChannels {
 public:
  explicit AnswerChannels(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // One request's news. Closes with its destructor.
  class Channel {
   public:
    Channel(AnswerChannels& channels, RequestId id);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // What came since the last call, as one: a slow client gets more text at once, and what is
    // held for it is bounded by the longest answer. The one with an ending is the last.
    net::Task<Progress> Next();

   private:
    friend class AnswerChannels;
    AnswerChannels& channels_;
    Signal signal_;
    Progress news_;
    bool has_news_ = false;
  };

  // News of requests that have no channel any more are dropped.
  void Deliver(std::vector<Progress> news);

 private:
  boost::asio::any_io_executor executor_;
  std::unordered_map<RequestId, Channel*> open_;
};

}  // namespace bedplate::engine
