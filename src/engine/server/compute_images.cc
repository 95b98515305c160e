#include "engine/server/compute_images.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/server/signal.h"

namespace bedplate::engine {
namespace {

using Encoded = Result<std::vector<SharedRows>>;

// What the reactor waits for, alive as long as either side needs it.
struct Waiting {
  explicit Waiting(const boost::asio::any_io_executor& executor) : signal(executor) {}
  Signal signal;
  std::optional<Encoded> result;
};

// Tells the loop that nobody waits any more, when the coroutine unwinds.
class AbandonOnLeave {
 public:
  explicit AbandonOnLeave(std::shared_ptr<ImageJob> job) : job_(std::move(job)) {}
  ~AbandonOnLeave() { job_->abandoned = true; }
  AbandonOnLeave(const AbandonOnLeave&) = delete;
  AbandonOnLeave& operator=(const AbandonOnLeave&) = delete;

 private:
  std::shared_ptr<ImageJob> job_;
};

}  // namespace

net::Task<Result<void>> EncodeImages(ImageLoop& loop, Generation& generation) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(executor);
  auto job = std::make_shared<ImageJob>();
  for (PromptImage& image : generation.images) {
    job->stretches.push_back(
        {.id = generation.prompt[image.begin], .chunk = std::move(image.chunk)});
  }
  job->done = [waiting, executor](Encoded result) {
    boost::asio::post(executor, [waiting, result = std::move(result)]() mutable {
      waiting->result = std::move(result);
      waiting->signal.Notify();
    });
  };
  const AbandonOnLeave abandon(job);
  if (auto submitted = loop.Submit(job); !submitted) co_return submitted;
  co_await waiting->signal.Wait();
  if (!*waiting->result) co_return std::unexpected(std::move(waiting->result->error()));
  for (size_t i = 0; i < generation.images.size(); ++i) {
    generation.images[i].rows = std::move((**waiting->result)[i]);
  }
  co_return Result<void>();
}

}  // namespace bedplate::engine
