#include "net/blocking_pool.h"

namespace bedplate::net {

BlockingPool::BlockingPool(size_t threads, size_t queued_max)
    : queued_max_(queued_max), pool_(threads) {}

BlockingPool::~BlockingPool() { pool_.join(); }

bool BlockingPool::Enter() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < queued_max_) return true;
  Leave();
  return false;
}

}  // namespace bedplate::net
