#include "engine/server/answer_channels.h"

#include <iterator>

namespace bedplate::engine {

AnswerChannels::Channel::Channel(AnswerChannels& channels, RequestId id)
    : channels_(channels), signal_(channels.executor_) {
  news_.id = id;
  channels_.open_.emplace(id, this);
}

AnswerChannels::Channel::~Channel() { channels_.open_.erase(news_.id); }

net::Task<Progress> AnswerChannels::Channel::Next() {
  while (!has_news_) co_await signal_.Wait();
  has_news_ = false;
  co_return std::exchange(news_, Progress{.id = news_.id});
}

void AnswerChannels::Deliver(std::vector<Progress> news) {
  for (Progress& progress : news) {
    const auto found = open_.find(progress.id);
    if (found == open_.end()) continue;
    Channel& channel = *found->second;
    if (channel.has_news_) {
      progress.text.insert(0, channel.news_.text);
      progress.steps.insert(progress.steps.begin(), std::move_iterator(channel.news_.steps.begin()),
                            std::move_iterator(channel.news_.steps.end()));
    }
    channel.news_ = std::move(progress);
    channel.has_news_ = true;
    channel.signal_.Notify();
  }
}

}  // namespace bedplate::engine
