#include "engine/scheduler/testing/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace bedplate::scheduler {

Simulation::Simulation(uint32_t seed) : random_(seed) {
  config_.context_tokens_max = 8 + Below(60);
  config_.cells = config_.context_tokens_max + Below(3 * config_.context_tokens_max);
  config_.running_max = 1 + Below(10);
  config_.sequences = config_.running_max + 2 + Below(6);
  config_.batch_tokens_max = config_.running_max + 1 + Below(40);
  config_.mixed_prompt_tokens_max = 1 + Below(config_.batch_tokens_max);
  config_.completing_prompt_tokens_max = 1 + Below(config_.batch_tokens_max);
  config_.queue_requests_max = 3 + Below(40);
  config_.queue_tokens_max = 100 + Below(2000);
  config_.queue_wait_max = Instant{1'000 + Below(10'000'000)};
  config_.new_tokens_expected = 1 + Below(20);
  config_.extension_tokens = 1 + Below(10);
  config_.share_wait_tokens_min = 1 + Below(8);
  config_.share_prefixes = !OneIn(8);
  config_.saves_evicted = OneIn(2);
  config_.load_tokens_min = 1 + Below(8);
  config_.load_tokens_max = 1 + Below(20);
  if (OneIn(3)) config_.idle_max = Instant{1 + Below(500'000)};
  config_.speculating_max = Below(6);
  config_.draft_rows_max = config_.speculating_max + Below(20);
  config_.batch_tokens_max += config_.speculating_max + config_.draft_rows_max;
  config_.first_token_target = Instant{1 + Below(2'000'000)};
  config_.token_gap_target = Instant{1 + Below(300'000)};
  config_.batch_time_target = Instant{1 + Below(1'000'000)};
  law_ = {.weights = 1e-3 * Below(50),
          .row = 1e-5 * (1 + Below(2000)),
          .fixed = 1e-4 * Below(30),
          .seen = 1e-7 * Below(100)};
  timed_ = !OneIn(4);
  scheduler_ = std::make_unique<Scheduler>(config_);
  model_ = std::make_unique<UnifiedCacheModel>(config_.cells, config_.sequences);
  MakeClients();
}

std::vector<Token> Simulation::MakePrompt() {
  const auto& text = texts_[Below(texts_.size())];
  std::vector<Token> prompt(text.begin(), text.begin() + Below(text.size() + 1));
  for (uint32_t i = Below(6); i > 0; --i) prompt.push_back(Below(3));
  return prompt;
}

void Simulation::MakeClients() {
  texts_.resize(1 + Below(4));
  for (auto& text : texts_) {
    text.resize(Below(config_.context_tokens_max + 2));
    for (Token& t : text) t = Below(4);
  }
  // As an engine before this one may have left it.
  for (const auto& text : texts_) {
    if (OneIn(3)) saved_.emplace_back(CacheKey{}, text);
  }
  clients_.resize(5 + Below(50));
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    client.submit.request = i + 1;
    client.submit.prompt = client.tokens = MakePrompt();
    client.submit.new_tokens_max = Below(config_.context_tokens_max + 10);
    client.submit.new_tokens_expected = OneIn(2) ? 0 : Below(30);
    client.submit.adapter = OneIn(4) ? Below(3) : 0;
    client.submit.share_scope = OneIn(4) ? 1 : 0;
    client.submit.tenant = Below(4);
    client.submit.tier = static_cast<Tier>(Below(3));
    client.expected = client.submit.new_tokens_expected > 0 ? client.submit.new_tokens_expected
                                                            : config_.new_tokens_expected;
  }
}

std::vector<Event> Simulation::NextEvents() {
  std::vector<Event> events;
  const uint32_t burst = OneIn(3) ? Below(8) : Below(2);
  for (uint32_t i = 0; i < burst && submitted_ < clients_.size(); ++i) {
    Client& client = clients_[submitted_++];
    client.submitted = true;
    client.submit.stored_tokens =
        StoredOf({client.submit.adapter, client.submit.share_scope}, client.tokens);
    events.emplace_back(client.submit);
  }
  if (OneIn(12)) {
    // Of any client, also one that ended or never came.
    Client& client = clients_[Below(clients_.size())];
    client.cancelled |= client.submitted && !client.ended;
    events.emplace_back(Cancel{client.submit.request});
  }
  return events;
}

uint32_t Simulation::Alive() const {
  return std::ranges::count_if(clients_, [](const Client& c) { return c.submitted && !c.ended; });
}

std::string Simulation::Run() {
  for (uint32_t step = 0; submitted_ < clients_.size() || Alive() > 0 || batch_out_; ++step) {
    const auto fail = [&](const std::string& why) {
      return "step " + std::to_string(step) + ": " + why;
    };
    if (step > 20'000) return fail("it does not come to an end");
    std::vector<Event> events = NextEvents();
    if (batch_out_ && !OneIn(4)) {
      BatchDone done{.failed = batch_failed_};
      if (!batch_failed_) done.sampled = std::move(sampled_);
      if (timed_ && !OneIn(8)) done.seconds = batch_seconds_;
      now_ += Instant{static_cast<int64_t>(1e6 * batch_seconds_)};
      const auto place = events.insert(events.begin() + Below(events.size() + 1), std::move(done));
      batch_out_ = false;
      const auto drafts = MakeDrafts();
      events.insert(place + 1, drafts.begin(), drafts.end());
    }
    // Before and after whatever else happens, the end of the request too.
    for (const Loaded& loaded : batch_out_ ? std::vector<Loaded>() : std::exchange(loaded_, {})) {
      events.insert(events.begin() + Below(events.size() + 1), loaded);
    }
    // One for whoever it may be, at any time.
    if (OneIn(10)) events.emplace_back(DraftFor(clients_[Below(clients_.size())]));
    now_ += Instant{1 + Below(20'000)};
    if (std::string wrong = StepOnce(std::move(events)); !wrong.empty()) return fail(wrong);
  }
  if (stats_.running + stats_.waiting + stats_.cells_reserved > 0) return "something is left over";
  if (stats_.cells_used != stats_.cells_idle) return "cells lost";
  if (stats_.sequences_used != model_->sequences_used()) return "sequences lost";
  return "";
}

std::string Simulation::StepOnce(std::vector<Event> events) {
  const bool engine_busy = batch_out_;
  ++steps_;
  const Actions& actions = scheduler_->Step(now_, events);
  stats_ = scheduler_->GetStats();
  for (const Ended& ended : actions.ended) {
    if (std::string wrong = CheckEnded(ended); !wrong.empty()) return wrong;
  }
  for (const Started& started : actions.started) {
    Client& client = clients_.at(started.request - 1);
    if (client.started) return "started twice";
    client.started = true;
    if (client.started_step == 0) client.started_step = steps_;
    if (started.cached_tokens >= client.submit.prompt.size()) return "nothing left to compute";
  }
  if (engine_busy) {
    return actions.memory.empty() && actions.batch.empty() ? "" : "orders while a batch is out";
  }
  if (std::string wrong = ApplyMemory(actions); !wrong.empty()) return wrong;
  if (!actions.batch.empty()) {
    for (const Loaded& loaded : loaded_) {
      const auto& rows = actions.batch.requests;
      if (std::ranges::find(rows, loaded.request) != rows.end()) return "a row of one that loads";
    }
  }
  if (std::string wrong = CheckCounts(); !wrong.empty()) return wrong;
  if (!loaded_.empty() && actions.batch.empty()) return "";
  if (actions.batch.empty()) return Alive() > 0 ? "requests are alive and nothing is done" : "";
  return Compute(actions.batch);
}

std::string Simulation::ApplyMemory(const Actions& actions) {
  for (const MemoryOperation& operation : actions.memory) {
    if (std::string wrong = model_->Apply(operation); !wrong.empty()) return wrong;
    if (const auto* save = std::get_if<SaveCells>(&operation)) {
      if (!config_.saves_evicted) return "saves though nobody asked";
      saved_.emplace_back(save->key, save->tokens);
    }
    if (const auto* load = std::get_if<LoadCells>(&operation)) {
      if (std::string wrong = Load(*load); !wrong.empty()) return wrong;
    }
  }
  return "";
}

uint32_t Simulation::StoredOf(const CacheKey& key, const std::vector<Token>& tokens) const {
  size_t most = 0;
  for (const auto& [saved_key, saved] : saved_) {
    if (saved_key != key) continue;
    const auto end = std::ranges::mismatch(saved, tokens).in1;
    most = std::max(most, static_cast<size_t>(end - saved.begin()));
  }
  return static_cast<uint32_t>(most);
}

std::string Simulation::Load(const LoadCells& load) {
  Client& client = clients_.at(load.request - 1);
  if (client.started_step == 0) client.started_step = steps_;
  const CacheKey key{client.submit.adapter, client.submit.share_scope};
  if (client.ended) return "load for a request that ended";
  if (static_cast<uint32_t>(load.end) > client.submit.stored_tokens)
    return "loads what is not kept";
  if (load.end >= static_cast<Position>(client.tokens.size())) return "loads all of a prompt";
  // What was kept may be spoilt.
  const Position end =
      OneIn(4) ? load.begin + static_cast<Position>(Below(load.end - load.begin)) : load.end;
  for (Position position = load.begin; position < end; ++position) {
    std::string wrong = model_->Compute(key, client.tokens[position], position, load.sequence);
    if (!wrong.empty()) return "load: " + wrong;
  }
  loaded_.push_back({load.request, static_cast<uint32_t>(end - load.begin)});
  return "";
}

std::string Simulation::CheckEnded(const Ended& ended) {
  Client& client = clients_.at(ended.request - 1);
  if (!client.submitted) return "ended before it was submitted";
  if (client.ended) return "ended twice";
  client.ended = true;
  ++ended_as_[static_cast<size_t>(ended.reason)];
  const uint32_t prompt_tokens = client.submit.prompt.size();
  const uint32_t new_tokens = client.tokens.size() - prompt_tokens;
  if (ended.prompt_tokens != prompt_tokens) return "wrong prompt_tokens";
  const bool too_long = prompt_tokens + 1 > config_.context_tokens_max;
  const bool full = new_tokens == client.submit.new_tokens_max ||
                    client.tokens.size() == config_.context_tokens_max;
  if (ended.reason != EndReason::kCancelled && ended.new_tokens != new_tokens) {
    return "wrong new_tokens";
  }
  switch (ended.reason) {
    case EndReason::kStop:
      return new_tokens > 0 ? "" : "stopped before it began";
    case EndReason::kLength:
      return full ? "" : "length reached too early";
    case EndReason::kCancelled:
      return client.cancelled ? "" : "cancelled by nobody";
    case EndReason::kContextLengthExceeded:
      return too_long ? "" : "not too long";
    case EndReason::kInvalid:
      return prompt_tokens == 0 || client.submit.new_tokens_max == 0 ? "" : "not invalid";
    case EndReason::kOverloaded:
      return client.started ? "turned away after it started" : "";
    case EndReason::kEngineFailure:
      return batch_failed_ ? "" : "no batch failed";
  }
  return "unknown reason";
}

std::string Simulation::CheckCounts() const {
  uint32_t told_later = 0;
  for (const Loaded& loaded : loaded_) told_later += loaded.tokens;
  if (stats_.cells_used + told_later != model_->used()) return "cells are counted wrongly";
  if (stats_.cells_used + stats_.cells_reserved > config_.cells) return "reserved too much";
  if (stats_.sequences_used > config_.sequences) return "too many sequences";
  if (stats_.sequences_used < model_->sequences_used()) return "sequences are counted wrongly";
  if (stats_.running > config_.running_max) return "too many run";
  if (stats_.running + stats_.waiting != Alive()) return "a request is lost";
  return "";
}

std::string Simulation::Compute(const Batch& batch) {
  if (batch.size() > config_.batch_tokens_max) return "batch too large";
  if (std::string wrong = CheckProgress(batch); !wrong.empty()) return wrong;
  batch_seconds_ = SecondsOf(batch);
  batch_out_ = true;
  batch_failed_ = OneIn(60);
  sampled_.clear();
  // A failing engine may have computed a part of it.
  const size_t rows = batch_failed_ ? Below(batch.size()) : batch.size();
  for (size_t i = 0; i < rows; ++i) {
    if (std::string wrong = CheckRow(batch, i); !wrong.empty()) return wrong;
  }
  if (batch_failed_) return "";
  for (size_t i = 0; i < rows; ++i) {
    if (!batch.outputs[i]) continue;
    Client& client = clients_[batch.requests[i] - 1];
    // A row of a draft counts if all before it was drawn as drafted.
    if (static_cast<size_t>(batch.positions[i]) + 1 != client.tokens.size()) continue;
    if (client.tokens.back() != batch.tokens[i] || client.finished) continue;
    const Token next = NextOf(client.tokens);
    client.tokens.push_back(next);
    client.finished = OneIn(25);
    sampled_.push_back({batch.requests[i], next, client.finished});
  }
  // Requests in any order, those of one request as they were drawn.
  size_t cut = Below(sampled_.size() + 1);
  while (cut > 0 && cut < sampled_.size() && sampled_[cut].request == sampled_[cut - 1].request) {
    ++cut;
  }
  std::ranges::rotate(sampled_, sampled_.begin() + static_cast<std::ptrdiff_t>(cut));
  return "";
}

// Of those that run for certain: one that started is set back only when it has generated all that
// it expected.
std::string Simulation::CheckProgress(const Batch& batch) const {
  std::map<RequestId, uint32_t> rows;
  for (const RequestId id : batch.requests) ++rows[id];
  const auto has_rows = [&](const Client& c) { return rows.contains(c.submit.request); };
  const Client* oldest = nullptr;  // that reads its prompt
  for (const Client& client : clients_) {
    const bool runs = client.started && !client.ended && client.submit.adapter == batch.adapter;
    const uint32_t generated = client.tokens.size() - client.submit.prompt.size();
    if (!runs || generated >= client.expected) continue;
    if (generated > 0 && !has_rows(client)) return "an answer stands still";
    if (generated > 0) continue;
    if (oldest == nullptr || client.started_step < oldest->started_step) oldest = &client;
  }
  if (oldest == nullptr || has_rows(*oldest)) return "";
  // One that was set back may be older, and read again; of those that began in one step nothing
  // says which is older.
  const bool older_reads = std::ranges::any_of(clients_, [&](const Client& c) {
    const bool read_before = c.tokens.size() > c.submit.prompt.size();
    return c.started && has_rows(c) &&
           (c.started_step == oldest->started_step ||
            (read_before && c.started_step < oldest->started_step));
  });
  return older_reads ? "" : "a prompt stands still";
}

double Simulation::SecondsOf(const Batch& batch) {
  const double seconds = law_.Seconds(batch) * (0.9 + 0.002 * Below(101));
  return OneIn(20) ? seconds * (1 + Below(30)) : seconds;
}

// Alike pasts give alike tokens, as at temperature 0.
Token Simulation::NextOf(const std::vector<Token>& tokens) {
  auto next = static_cast<Token>(tokens.size());
  for (const Token t : tokens) next = (next * 31 + t) & 0xffff;
  return next % 3;
}

Draft Simulation::DraftFor(const Client& client) {
  Draft draft{.request = client.submit.request, .tokens = {}};
  std::vector<Token> tokens = client.tokens;
  for (uint32_t i = Below(12); i > 0; --i) {
    draft.tokens.push_back(OneIn(6) ? static_cast<Token>(Below(3)) : NextOf(tokens));
    tokens.push_back(draft.tokens.back());
  }
  return draft;
}

std::vector<Event> Simulation::MakeDrafts() {
  std::vector<Event> drafts;
  for (const Client& client : clients_) {
    if (client.started && !client.ended && OneIn(2)) drafts.emplace_back(DraftFor(client));
  }
  return drafts;
}

std::string Simulation::CheckRow(const Batch& batch, size_t row) {
  Client& client = clients_.at(batch.requests[row] - 1);
  const Position position = batch.positions[row];
  if (client.ended) return "row of a request that ended";
  if (batch.adapter != client.submit.adapter) return "row under another adapter";
  const CacheKey key{client.submit.adapter, client.submit.share_scope};
  const SequenceId sequence = batch.sequences[row];
  if (static_cast<size_t>(position) >= client.tokens.size()) {
    if (stats_.running > config_.speculating_max) return "a draft although many run";
    if (batch.outputs[row] == 0) return "a draft that nothing is drawn from";
    return model_->Compute(key, batch.tokens[row], position, sequence);
  }
  if (batch.tokens[row] != client.tokens[position]) return "row of a wrong token";
  const bool last = static_cast<size_t>(position) + 1 == client.tokens.size();
  if (last != (batch.outputs[row] == 1)) return "output is not wanted for just the last token";
  if (position < client.computed_max && !batch_failed_) {
    const uint32_t new_tokens = client.tokens.size() - client.submit.prompt.size();
    if (new_tokens < client.expected) return "set back within what it expected";
  }
  client.computed_max = std::max(client.computed_max, position + 1);
  if (std::string wrong = model_->Compute(key, batch.tokens[row], position, sequence);
      !wrong.empty()) {
    return wrong;
  }
  if (!last) return "";
  std::string wrong;
  if (model_->Read(key, sequence, wrong) != client.tokens) return "it sees another's past";
  return wrong;
}

namespace {

constexpr uint32_t kSeeds = 3000;

TEST(Simulation, HoldsOverSeeds) {
  Stats touched;
  uint32_t ended_as[7] = {};
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    Simulation simulation(seed);
    const std::string wrong = simulation.Run();
    ASSERT_EQ(wrong, "") << "replay with --gtest_filter=Simulation.OneSeed --gtest_random_seed="
                         << seed;
    touched.drafted_tokens_total += simulation.stats().drafted_tokens_total;
    touched.accepted_tokens_total += simulation.stats().accepted_tokens_total;
    touched.set_back_total += simulation.stats().set_back_total;
    touched.loaded_tokens_total += simulation.stats().loaded_tokens_total;
    touched.cached_tokens_total += simulation.stats().cached_tokens_total;
    touched.evicted_tokens_total += simulation.stats().evicted_tokens_total;
    for (size_t reason = 0; reason < std::size(ended_as); ++reason) {
      ended_as[reason] += simulation.ended_as(static_cast<EndReason>(reason));
    }
  }
  // A simulation that never gets into trouble proves nothing.
  EXPECT_GT(touched.set_back_total, kSeeds);
  EXPECT_GT(touched.accepted_tokens_total, kSeeds);
  EXPECT_GT(touched.drafted_tokens_total, touched.accepted_tokens_total + kSeeds);
  EXPECT_GT(touched.cached_tokens_total, 10 * kSeeds);
  EXPECT_GT(touched.loaded_tokens_total, kSeeds / 2);
  EXPECT_GT(touched.evicted_tokens_total, 10 * kSeeds);
  for (size_t reason = 0; reason < std::size(ended_as); ++reason) {
    EXPECT_GT(ended_as[reason], kSeeds / 20) << Name(static_cast<EndReason>(reason));
  }
}

TEST(Simulation, OneSeed) {
  const auto seed = static_cast<uint32_t>(testing::UnitTest::GetInstance()->random_seed());
  EXPECT_EQ(Simulation(seed).Run(), "");
}

TEST(Simulation, ASeedReplaysItsRun) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Simulation first(seed);
    Simulation second(seed);
    EXPECT_EQ(first.Run(), second.Run());
    EXPECT_EQ(first.stats().computed_tokens_total, second.stats().computed_tokens_total);
    EXPECT_EQ(first.stats().set_back_total, second.stats().set_back_total);
  }
}

}  // namespace
}  // namespace bedplate::scheduler
