// The order of a request's sources, where that of its turns is another: tools' results become turns
// before the rest of their message, and so come before sources that stand before them in it. Who
// asks counts sources as the request has them, a server as the turns do.
//
// Threads: numbers of one message belong to one thread; an order is immutable after it was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "models/chat.h"

namespace bedplate::models {

// Gives the sources of one message their ChatSource::order, in the order in which they are taken.
class SourceNumbers {
 public:
  // `turns_before`: what the messages before became.
  explicit SourceNumbers(size_t turns_before) : next_(static_cast<int64_t>(turns_before) << 32) {}

  void Take(ChatPart& part) {
    if (auto* source = std::get_if<ChatSource>(&part)) source->order = next_++;
  }

 private:
  int64_t next_;
};

class SourceOrder;
// Null where both count alike, which is nearly always.
using SourceOrderPtr = std::unique_ptr<const SourceOrder>;

// Between the indices of citations as a request counts and as the server does that it is sent to.
class SourceOrder {
 public:
  static SourceOrderPtr Of(const ChatRequest& request);

  // What earlier answers cited.
  void ToServer(ChatRequest& request) const;
  // Indices of no source stay as they are.
  void ToRequest(std::vector<ChatCitation>& citations) const;

 private:
  struct Indices {
    std::vector<int64_t> of_request;  // by the server's
    std::vector<int64_t> of_server;   // by the request's
  };

  SourceOrder() = default;

  Indices documents_;
  Indices results_;
};

}  // namespace bedplate::models
