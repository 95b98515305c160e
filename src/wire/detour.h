// A way round the handlers: something that answers requests in their place, with the request as it
// was sent.
//
// Threads: both calls on every reactor at once.
#pragma once

#include <string_view>

#include "net/http.h"
#include "net/task.h"
#include "wire/call.h"
#include "wire/dispatcher.h"
#include "wire/router.h"

namespace bedplate::wire {

class Detour {
 public:
  virtual ~Detour() = default;

  // Whether it answers this request. Asked of every one: cheap, and waits for nothing.
  virtual bool Takes(const Match& match, const Call& call) const = 0;
  // As Dispatcher::Dispatch, of a request that it takes.
  virtual net::Task<Outcome> Answer(const Match& match, const Call& call,
                                    const net::Request& request, std::string_view body,
                                    net::Responder& responder) const = 0;
};

}  // namespace bedplate::wire
