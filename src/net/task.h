// Task<T>: the coroutine type of everything that waits.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace bedplate::net {

// A lazily started coroutine, resumed on the reactor thread it was started on.
//
// Cancelling it (a client left, a deadline passed, the server stops) makes the co_await it waits
// in throw boost::system::system_error(boost::asio::error::operation_aborted), and every later
// co_await too: the coroutine unwinds at once and its destructors give back what it holds. This is
// the only exception that functions of this module let out; all other failures are Results. Code
// between two awaits is never interrupted. Do not swallow it: who must see it catches and rethrows
// (net/cancelled.h tells it from other exceptions).
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace bedplate::net
