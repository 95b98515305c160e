#include "engine/server/compute_vectors.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "engine/server/signal.h"

namespace bedplate::engine {
namespace {

// What the reactor waits for, alive as long as either side needs it.
struct Waiting {
  explicit Waiting(const boost::asio::any_io_executor& executor) : signal(executor) {}
  Signal signal;
  std::optional<Result<std::vector<Vector>>> result;
};

// Tells the loop that nobody waits any more, when the coroutine unwinds.
class AbandonOnLeave {
 public:
  explicit AbandonOnLeave(std::shared_ptr<EmbeddingJob> job) : job_(std::move(job)) {}
  ~AbandonOnLeave() { job_->abandoned = true; }
  AbandonOnLeave(const AbandonOnLeave&) = delete;
  AbandonOnLeave& operator=(const AbandonOnLeave&) = delete;

 private:
  std::shared_ptr<EmbeddingJob> job_;
};

}  // namespace

net::Task<Result<std::vector<Vector>>> ComputeVectors(EmbeddingLoop& loop,
                                                      std::vector<std::vector<TokenId>> inputs,
                                                      uint32_t adapter) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(executor);
  auto job = std::make_shared<EmbeddingJob>();
  job->inputs = std::move(inputs);
  job->adapter = adapter;
  job->done = [waiting, executor](Result<std::vector<Vector>> result) {
    boost::asio::post(executor, [waiting, result = std::move(result)]() mutable {
      waiting->result = std::move(result);
      waiting->signal.Notify();
    });
  };
  const AbandonOnLeave abandon(job);
  if (auto submitted = loop.Submit(job); !submitted) {
    co_return std::unexpected(std::move(submitted.error()));
  }
  co_await waiting->signal.Wait();
  co_return std::move(*waiting->result);
}

}  // namespace bedplate::engine
