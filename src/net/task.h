// Task<T>: the coroutine type of everything that waits.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace bedplate::net {

// A lazily started coroutine, resumed on the reactor thread it was started on. Cancelling it (a
// client left, a deadline passed, the server stops) completes the pending operation with an
// error; code between two awaits is never interrupted.
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace bedplate::net
