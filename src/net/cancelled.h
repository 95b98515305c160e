// Tells the exception of a cancelled Task from a bug's.
#pragma once

#include <exception>

namespace bedplate::net {

// True for what a cancelled co_await throws (net/task.h).
bool IsCancelled(const std::exception& exception);

}  // namespace bedplate::net
