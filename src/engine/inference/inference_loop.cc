#include "engine/inference/inference_loop.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>
#include <variant>

#include "base/log.h"

namespace bedplate::engine {
namespace {

Ending ToEnding(scheduler::EndReason reason) {
  switch (reason) {
    case scheduler::EndReason::kStop:
      return Ending::kEndOfTurn;
    case scheduler::EndReason::kLength:
      return Ending::kLength;
    case scheduler::EndReason::kCancelled:
      return Ending::kCancelled;
    case scheduler::EndReason::kContextLengthExceeded:
      return Ending::kContextLengthExceeded;
    case scheduler::EndReason::kOverloaded:
      return Ending::kOverloaded;
    case scheduler::EndReason::kInvalid:
    case scheduler::EndReason::kEngineFailure:
      break;
  }
  return Ending::kFailed;
}

double Seconds(MonotonicTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

InferenceLoop::InferenceLoop(Decoder& decoder, const Vocabulary& vocabulary,
                             const scheduler::Config& config, Deliver deliver, Counters& counters,
                             LoopHelpers helpers, const Clock& clock)
    : decoder_(decoder),
      vocabulary_(vocabulary),
      scheduler_(config),
      deliver_(std::move(deliver)),
      counters_(counters),
      speculator_(helpers.speculator),
      kept_(helpers.kept),
      care_(decoder, scheduler_, helpers.kept, helpers.idle_for),
      clock_(clock),
      start_(clock.Monotonic()),
      events_(helpers.profile.begin(), helpers.profile.end()),
      thread_([this] { Run(); }) {}

InferenceLoop::~InferenceLoop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    give_up_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> InferenceLoop::Submit(Generation generation) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Fail(Fault::kUnavailable, "the engine is stopping");
    if (submitted_.size() >= kInboxMax) {
      return Fail(Fault::kUnavailable, "too many requests wait for the model");
    }
    submitted_.push_back(std::move(generation));
  }
  wake_.notify_one();
  return {};
}

void InferenceLoop::Cancel(RequestId id) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(id);
    if (std::erase(computing_, id) > 0 && computing_.empty()) give_up_ = true;
  }
  wake_.notify_one();
}

// False when the loop is to end.
bool InferenceLoop::WaitForWork() {
  std::unique_lock lock(mutex_);
  const auto has_work = [&] {
    return stop_ || !events_.empty() || !submitted_.empty() || !cancelled_.empty();
  };
  while (!has_work()) {
    const auto due = care_.DueIn();
    if (!due) {
      wake_.wait(lock, has_work);
    } else if (!wake_.wait_for(lock, *due, has_work)) {
      lock.unlock();
      CareForCache();
      lock.lock();
    }
  }
  return !stop_;
}

// Nobody waits: old prefixes go, what is left is saved and moved together.
void InferenceLoop::CareForCache() {
  Apply(scheduler_.Step(Now(), {}).memory);
  care_.Work([this] {
    const std::lock_guard lock(mutex_);
    return stop_ || !submitted_.empty();
  });
  CountStats();
}

// Turns what came in into events for the scheduler.
void InferenceLoop::TakeInbox() {
  std::vector<Generation> submitted;
  std::vector<RequestId> cancelled;
  {
    const std::lock_guard lock(mutex_);
    submitted.swap(submitted_);
    cancelled.swap(cancelled_);
  }
  for (Generation& generation : submitted) {
    counters_.requests.fetch_add(1, std::memory_order_relaxed);
    answers_.emplace(generation.id, std::make_unique<AnswerState>(generation, vocabulary_));
    if (speculator_ != nullptr) speculator_->Begin(generation.id, generation.prompt);
    uint32_t stored_tokens = 0;
    if (kept_ != nullptr) {
      const scheduler::CacheKey key{generation.adapter, generation.share_scope};
      stored_tokens = kept_->Find(generation.id, key, generation.prompt,
                                  scheduler_.CachedTokens(key, generation.prompt));
    }
    events_.push_back(scheduler::Submit{
        .request = generation.id,
        .prompt = std::move(generation.prompt),
        .new_tokens_max = generation.new_tokens_max,
        .adapter = generation.adapter,
        .tenant = generation.tenant,
        .tier = generation.tier,
        .share_scope = generation.share_scope,
        .stored_tokens = stored_tokens,
    });
  }
  // After the submissions: a client may leave before its request was looked at.
  for (const RequestId id : cancelled) events_.push_back(scheduler::Cancel{.request = id});
}

scheduler::Instant InferenceLoop::Now() const {
  return std::chrono::duration_cast<scheduler::Instant>(clock_.Monotonic() - start_);
}

void InferenceLoop::Run() {
  while (WaitForWork()) {
    TakeInbox();
    const scheduler::Actions& actions = scheduler_.Step(Now(), events_);
    events_.clear();
    CountStats();  // first: who hears of an end may look at the counters next
    Report(actions);
    Apply(actions.memory);
    if (!actions.batch.empty()) Compute(actions.batch);
  }
  // Whoever still waits is told.
  TakeInbox();
  std::vector<Progress> last;
  last.reserve(answers_.size());
  for (auto& [id, answer] : answers_) {
    last.push_back({.id = id, .ending = Ending::kCancelled});
  }
  if (!last.empty()) deliver_(std::move(last));
  care_.SaveAll(clock_.Monotonic() + kLastSavingMax, clock_);
}

// Tells of the tokens of the step before and of requests that started or ended with it.
void InferenceLoop::Report(const scheduler::Actions& actions) {
  for (const scheduler::Started& started : actions.started) {
    const auto found = answers_.find(started.request);
    if (found != answers_.end()) {
      AnswerState& answer = *found->second;
      answer.cached_tokens = started.cached_tokens;
      answer.checkpoint_use =
          checkpoints_.Use(answer.checkpoints, started.cached_tokens, clock_.Monotonic());
    }
    counters_.prompt_tokens.fetch_add(started.prompt_tokens, std::memory_order_relaxed);
    counters_.cached_tokens.fetch_add(started.cached_tokens, std::memory_order_relaxed);
  }
  std::vector<Progress> news;
  for (const scheduler::Ended& ended : actions.ended) {
    const auto found = answers_.find(ended.request);
    if (found == answers_.end()) continue;
    Progress progress{.id = ended.request};
    found->second->Finish(ToEnding(ended.reason), progress);
    progress.prompt_tokens = ended.prompt_tokens;
    progress.new_tokens = ended.new_tokens;
    answers_.erase(found);
    if (speculator_ != nullptr) speculator_->End(ended.request);
    if (kept_ != nullptr) kept_->Forget(ended.request);
    counters_.ended[static_cast<size_t>(progress.ending)].fetch_add(1, std::memory_order_relaxed);
    news.push_back(std::move(progress));
  }
  for (const RequestId id : spoken_) {
    const auto found = answers_.find(id);
    if (found == answers_.end()) continue;  // told above
    Progress progress{.id = id};
    if (found->second->TakeText(progress)) news.push_back(std::move(progress));
  }
  spoken_.clear();
  if (!news.empty()) deliver_(std::move(news));
}

void InferenceLoop::Apply(const std::vector<scheduler::MemoryOperation>& operations) {
  for (const scheduler::MemoryOperation& operation : operations) {
    if (const auto* copy = std::get_if<scheduler::CopyCells>(&operation)) {
      decoder_.CopySequence(copy->from, copy->to, copy->begin, copy->end);
    } else if (const auto* remove = std::get_if<scheduler::RemoveCells>(&operation)) {
      decoder_.RemoveSequence(remove->sequence, remove->begin, remove->end);
    } else if (const auto* load = std::get_if<scheduler::LoadCells>(&operation)) {
      Load(*load);
    } else {
      // What the store has no room for is computed again some day.
      (void)kept_->Save(std::get<scheduler::SaveCells>(operation), decoder_);
    }
  }
}

void InferenceLoop::Load(const scheduler::LoadCells& order) {
  const uint32_t tokens = kept_->Load(order, decoder_);
  events_.push_back(scheduler::Loaded{.request = order.request, .tokens = tokens});
}

// Says whose the batch is, so that Cancel can end its computation. False when all of them have
// left already.
bool InferenceLoop::AnnounceBatch(const scheduler::Batch& batch) {
  const std::lock_guard lock(mutex_);
  for (const RequestId id : batch.requests) {
    if (!computing_.empty() && computing_.back() == id) continue;
    const bool left = std::ranges::find(cancelled_, id) != cancelled_.end();
    if (!left) computing_.push_back(id);
  }
  return !computing_.empty();
}

// The batch's requests have all been cancelled, which the scheduler hears of first.
void InferenceLoop::GiveUp() {
  TakeInbox();
  events_.push_back(scheduler::BatchDone{.sampled = {}, .failed = true});
}

// Empty for a batch of tokens alone, as nearly all are.
std::span<const float* const> InferenceLoop::ImageRows(const scheduler::Batch& batch) {
  if (std::ranges::none_of(batch.tokens, [](TokenId token) { return token < 0; })) return {};
  image_rows_.assign(batch.size(), nullptr);
  for (size_t row = 0; row < batch.size(); ++row) {
    if (batch.tokens[row] >= 0) continue;
    const auto found = answers_.find(batch.requests[row]);
    assert(found != answers_.end());
    image_rows_[row] = found->second->ImageRow(static_cast<uint32_t>(batch.positions[row]));
  }
  return image_rows_;
}

void InferenceLoop::Compute(const scheduler::Batch& batch) {
  const MonotonicTime begin = clock_.Monotonic();
  care_.NoteBatch(batch.size());
  if (!AnnounceBatch(batch)) return GiveUp();
  const auto images = ImageRows(batch);
  const Result<void> decoded = decoder_.Decode({.tokens = batch.tokens,
                                                .positions = batch.positions,
                                                .sequences = batch.sequences,
                                                .outputs = batch.outputs,
                                                .images = images,
                                                .adapter = batch.adapter},
                                               give_up_);
  {
    const std::lock_guard lock(mutex_);
    computing_.clear();
  }
  if (give_up_.exchange(false)) return GiveUp();
  scheduler::BatchDone done;
  std::vector<scheduler::Draft> drafts;
  done.sampled.reserve(batch.size());
  if (decoded) {
    Sample(batch, done);
    // Images are computed in runs of their own.
    if (images.empty()) done.seconds = Seconds(clock_.Monotonic() - begin);
    drafts = MakeDrafts(done);
  } else {
    log::Error("engine", "a batch failed",
               {{"reason", decoded.error().message}, {"rows", batch.size()}});
    done.failed = true;
  }
  counters_.step_rows.Add(static_cast<double>(batch.size()));
  counters_.step_seconds.Add(Seconds(clock_.Monotonic() - begin));
  events_.push_back(std::move(done));
  for (scheduler::Draft& draft : drafts) events_.push_back(std::move(draft));
}

void InferenceLoop::Sample(const scheduler::Batch& batch, scheduler::BatchDone& done) {
  const MonotonicTime begin = clock_.Monotonic();
  for (size_t row = 0; row < batch.size(); ++row) {
    if (batch.outputs[row] == 0) continue;
    SampleRows(batch, row, done);
    while (row + 1 < batch.size() && batch.requests[row + 1] == batch.requests[row]) ++row;
  }
  counters_.new_tokens.fetch_add(done.sampled.size(), std::memory_order_relaxed);
  counters_.sampling_seconds.store(counters_.sampling_seconds.load(std::memory_order_relaxed) +
                                       Seconds(clock_.Monotonic() - begin),
                                   std::memory_order_relaxed);
}

void InferenceLoop::SampleRows(const scheduler::Batch& batch, size_t row,
                               scheduler::BatchDone& done) {
  const RequestId id = batch.requests[row];
  const auto found = answers_.find(id);
  assert(found != answers_.end());
  AnswerState& answer = *found->second;
  size_t end = row + 1;
  while (end < batch.size() && batch.requests[end] == id) ++end;
  const auto drafted = static_cast<uint32_t>(end - row - 1);
  uint32_t accepted = 0;
  for (;;) {
    const AnswerState::Token token = answer.Take(decoder_.Logits(row + accepted), scratch_);
    done.sampled.push_back({.request = id, .token = token.id, .finished = token.finished});
    if (speculator_ != nullptr) speculator_->Add(id, token.id);
    if (token.finished || accepted == drafted) break;
    if (batch.tokens[row + accepted + 1] != token.id) break;
    ++accepted;
  }
  if (speculator_ != nullptr) speculator_->Judge(id, drafted, accepted);
  // The first token says that the whole prompt is in the KV cache.
  if (!answer.checkpoints.marks.empty()) {
    checkpoints_.Keep(std::exchange(answer.checkpoints, {}), clock_.Monotonic());
  }
  spoken_.push_back(id);
}

// Under load the scheduler would pass over them.
std::vector<scheduler::Draft> InferenceLoop::MakeDrafts(const scheduler::BatchDone& done) {
  std::vector<scheduler::Draft> drafts;
  const uint32_t most = speculator_ == nullptr ? 0 : scheduler_.DraftTokensMax();
  if (most == 0) return drafts;
  const MonotonicTime begin = clock_.Monotonic();
  for (size_t i = 0; i < done.sampled.size(); ++i) {
    const scheduler::Sampled& sampled = done.sampled[i];
    const bool last =
        i + 1 == done.sampled.size() || done.sampled[i + 1].request != sampled.request;
    if (!last || sampled.finished) continue;
    std::vector<TokenId> tokens = speculator_->Guess(sampled.request, most);
    if (!tokens.empty())
      drafts.push_back({.request = sampled.request, .tokens = std::move(tokens)});
  }
  counters_.drafting_seconds.store(counters_.drafting_seconds.load(std::memory_order_relaxed) +
                                       Seconds(clock_.Monotonic() - begin),
                                   std::memory_order_relaxed);
  return drafts;
}

void InferenceLoop::CountStats() {
  const scheduler::Stats stats = scheduler_.GetStats();
  counters_.waiting = stats.waiting;
  counters_.running = stats.running;
  counters_.cells_used = stats.cells_used;
  counters_.cells_idle = stats.cells_idle;
  counters_.evicted_tokens = stats.evicted_tokens_total;
  counters_.loaded_tokens = stats.loaded_tokens_total;
  counters_.compactions = care_.compactions();
  counters_.set_back = stats.set_back_total;
  counters_.drafted_tokens = stats.drafted_tokens_total;
  counters_.accepted_tokens = stats.accepted_tokens_total;
  const scheduler::CostModel& cost = scheduler_.cost();
  for (size_t i = 0; i < counters_.batch_seconds.size(); ++i) {
    counters_.batch_seconds[i] = cost.Seconds(scheduler::CostModel::kRangeEnds[i], 0);
  }
  counters_.seen_seconds = cost.per_seen();
}

}  // namespace bedplate::engine
