#include "models/hosting/engine_host.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "base/json/reader.h"
#include "base/log.h"
#include "models/hosting/engine_probe.h"
#include "models/model_id.h"

namespace bedplate::models {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kProbePauseMin{2};
constexpr milliseconds kProbePauseMax{100};
constexpr auto kForever = MonotonicTime::max();

std::atomic<uint64_t> next_socket{1};

constexpr size_t kFolderNameMax = 128;

void AddBesideWeights(const LocalWeights& weights, ChildCommand& command) {
  if (!weights.adapter.empty()) models::AddAdapter(AdapterOf(weights, ""), command);
  if (!weights.projector.empty()) {
    command.arguments.insert(command.arguments.end(), {"--projector", weights.projector});
  }
  if (!weights.draft.empty()) {
    command.arguments.insert(command.arguments.end(), {"--draft", weights.draft});
  }
}

// Ids are the operator's words; a folder's name is made of harmless ones. What two ids would share
// is told apart by what the engine knows of its weights.
void AddPrefixes(const EngineOptions& options, std::string_view model_id, ChildCommand& command) {
  if (options.prefixes_folder.empty() || options.prefixes_mb == 0) return;
  std::string name(model_id);
  for (char& c : name) {
    const bool harmless =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!harmless) c = '_';
  }
  command.arguments.insert(
      command.arguments.end(),
      {"--prefix-folder", options.prefixes_folder + "/" + name.substr(0, kFolderNameMax),
       "--prefix-megabytes", std::to_string(options.prefixes_mb)});
}

int WholeSeconds(MonotonicTime::duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

ChildCommand EngineCommand(const EngineOptions& options, int context_cells, Use use) {
  ChildCommand command{
      .program = options.program, .arguments = {}, .environment = options.environment};
  auto number = [&](const char* name, int value) {
    if (value <= 0) return;
    command.arguments.emplace_back(name);
    command.arguments.push_back(std::to_string(value));
  };
  number("--threads", options.threads);
  number("--context-cells", context_cells);
  number("--sequences", options.sequences);
  number("--first-token-target", options.first_token_target_ms);
  number("--token-gap-target", options.token_gap_target_ms);
  command.arguments.insert(
      command.arguments.end(),
      {"--attention", options.attention, "--products", options.products, "--speculation",
       options.speculation, "--cache-type", options.cache_type, "--idle-prefix-seconds",
       std::to_string(options.idle_prefix_s)});
  if (use == Use::kEmbeddings) command.arguments.emplace_back("--embedding");
  if (use == Use::kRanking) command.arguments.emplace_back("--rerank");
  return command;
}

ChildCommand DescribeCommand(const EngineOptions& options, int context_cells,
                             const LocalWeights& weights, Use use) {
  ChildCommand command = EngineCommand(options, context_cells, use);
  command.arguments.insert(command.arguments.begin(), {"--describe", weights.file});
  AddBesideWeights(weights, command);
  return command;
}

EngineHost::EngineHost(net::Reactors& reactors, size_t home, const EngineOptions& options,
                       const Clock& clock, ModelMemory& memory, std::string model_id,
                       LocalWeights weights, Use use)
    : reactors_(reactors),
      home_(home),
      executor_(reactors.at(home).executor()),
      options_(options),
      clock_(clock),
      memory_(memory),
      model_id_(std::move(model_id)),
      weights_(std::move(weights)),
      use_(use) {}

EngineHost::~EngineHost() {
  if (!socket_.empty()) unlink(socket_.c_str());
}

net::Task<Result<ModelServerPtr>> EngineHost::Acquire() {
  if (ModelServerPtr server = Ready({})) co_return server;
  co_return co_await boost::asio::co_spawn(executor_, AcquireAtHome({}, model_id_),
                                           boost::asio::use_awaitable);
}

net::Task<Result<ModelServerPtr>> EngineHost::AcquireAtHome(std::string adapter,
                                                            std::string model_id) {
  const MonotonicTime deadline = clock_.Monotonic() + options_.ready_wait_max;
  struct Wanting {
    explicit Wanting(int& counter) : count(counter) { ++count; }
    ~Wanting() { --count; }
    int& count;
  } const wanting(wanted_);
  for (;;) {
    if (ModelServerPtr server = Ready(adapter)) co_return server;
    if (closed_) co_return Fail(Fault::kUnavailable, "The server is stopping.");
    if (!IsBound() || !HasAdapter(adapter)) co_return std::unexpected(UnknownModel(model_id));
    if (ModelServerPtr server = ready_.Get()) {
      const Judgement judged = Judge(server, adapter);
      if (judged.fit == Fit::kCannot) co_return Fail(Fault::kModelError, CannotBeLoaded(model_id));
      if (judged.fit == Fit::kServes) {
        MarkUsed();
        co_return server;
      }
      server.reset();
      if (judged.fit == Fit::kLater) {
        if (clock_.Monotonic() >= deadline) co_return std::unexpected(NotReady(model_id));
        co_await WaitForChange(std::min(deadline, judged.due));
        continue;
      }
      BeginRenewal();
    }
    const MonotonicTime now = clock_.Monotonic();
    const bool pausing = !supervised_ && state_ == State::kFailed && now < not_before_;
    if (!supervised_ && !stopping_ && !(pausing && killed_)) {
      if (pausing) {
        Error error{.fault = Fault::kModelError,
                    .message = failure_.empty() ? CannotBeLoaded(model_id) : failure_};
        error.retry_after_s = WholeSeconds(not_before_ - now);
        co_return std::unexpected(std::move(error));
      }
      supervised_ = true;
      SetState(State::kStarting, "");
      boost::asio::co_spawn(executor_, Supervise(), boost::asio::detached);
      continue;  // it may have failed already
    }
    if (now >= deadline) {
      if (!waits_for_.empty()) {
        log::Warning("models", "a request did not wait any longer for a model's memory",
                     {{"model", model_id_}, {"why", waits_for_}});
      }
      Error error = NotReady(model_id);
      if (pausing) error.retry_after_s = WholeSeconds(not_before_ - now);
      co_return std::unexpected(std::move(error));
    }
    co_await WaitForChange(pausing ? std::min(deadline, not_before_) : deadline);
  }
}

std::string EngineHost::CannotBeLoaded(std::string_view model_id) {
  return fmt::format("The model {} could not be loaded. The server's log says why.", model_id);
}

Error EngineHost::NotReady(std::string_view model_id) const {
  std::string why = "is being loaded and is not ready yet";
  const uint64_t total = total_bytes_.load();
  if (!waits_for_.empty()) {
    // Which they are is the operator's to know: others may be who uses them.
    why = "is not ready yet, as it waits for memory that other models hold";
  } else if (total > 0) {
    why += fmt::format(" ({} of {})", ShowMemory(loaded_bytes_.load()), ShowMemory(total));
  }
  Error error{
      .fault = Fault::kModelNotReady,
      .message = fmt::format("The model {} {}. Wait and try your request again.", model_id, why)};
  error.retry_after_s = 1;
  return error;
}

// Keeps a process running until one ends while it loads, or Stop.
net::Task<void> EngineHost::Supervise() {
  const bool entered = co_await Enter();
  while (entered && !stopping_) {
    const MonotonicTime started = clock_.Monotonic();
    const bool was_ready = co_await RunOnce();
    if (stopping_) break;
    if (!was_ready && LeaveOutDamagedAdapter()) continue;
    const bool was_steady = was_ready && clock_.Monotonic() - started >= options_.steady_after;
    const bool cannot_load = !was_ready && !killed_;
    if (was_steady || cannot_load) crashes_in_a_row_ = 0;
    ++crashes_in_a_row_;
    if (!was_ready) {
      not_before_ = clock_.Monotonic() + (killed_ ? Pause() : options_.restart_pause_min);
      failure_.clear();
      SetState(State::kFailed, error_);
      break;
    }
    const milliseconds pause = Pause();
    log::Warning("models", "starting the engine again",
                 {{"model", model_id_},
                  {"crashes_in_a_row", crashes_in_a_row_},
                  {"pause_ms", pause.count()}});
    SetState(State::kStarting, error_);
    const MonotonicTime until = clock_.Monotonic() + pause;
    while (!stopping_ && clock_.Monotonic() < until) co_await WaitForChange(until);
  }
  if (stopping_) SetState(State::kStopped, "");
  memory_.Leave(*this);
  supervised_ = false;
  Notify();
}

// One life of the process; whether it became ready.
net::Task<bool> EngineHost::RunOnce() {
  const MonotonicTime started = clock_.Monotonic();
  killed_ = false;
  auto server = Start();
  if (!server) {
    log::Error("models", "the engine can't be started",
               {{"model", model_id_}, {"error", server.error().message}});
    SetState(State::kFailed, server.error().message);
    process_.reset();
    co_return false;
  }
  const bool ready = co_await BecomeReady(*server);
  if (ready) {
    log::Info("models", "model is ready",
              {{"model", model_id_},
               {"pid", process_->pid()},
               {"load_ms",
                std::chrono::duration_cast<milliseconds>(clock_.Monotonic() - started).count()}});
    NoteAdapters(**server);
    SetState(State::kReady, "");
    MarkUsed();
    ready_.Set(*server);
    Notify();
    while (!process_->exited() && !stopping_) co_await WaitForChange(kForever);
    ready_.Set(nullptr);
    (*server)->gone.store(true);
  }
  const bool asked_to = stopping_;
  const bool too_slow = !ready && !process_->exited();
  co_await EndProcess();
  killed_ = !too_slow && process_->killed();
  if (!asked_to) {
    std::string error = too_slow ? fmt::format("not ready after {} ms", options_.load_max.count())
                                 : process_->ending();
    if (!last_error_line_.empty()) error += fmt::format(": {}", last_error_line_);
    log::Error("models", ready || killed_ ? "the engine ended" : "the model could not be loaded",
               {{"model", model_id_}, {"pid", process_->pid()}, {"error", error}});
    SetState(ready ? State::kStarting : State::kFailed, error);
  }
  process_.reset();
  unlink(socket_.c_str());
  socket_.clear();
  co_return ready;
}

net::Task<bool> EngineHost::BecomeReady(const ModelServerPtr& server) {
  const MonotonicTime load_deadline = clock_.Monotonic() + options_.load_max;
  milliseconds pause = kProbePauseMin;
  while (!stopping_ && !process_->exited() && clock_.Monotonic() < load_deadline) {
    const EngineHealth health = co_await AskHealth(*server->client);
    loaded_bytes_.store(health.loaded_bytes);
    total_bytes_.store(health.total_bytes);
    // It is not known what an engine that does not tell can do.
    if (health.ready && co_await ReadFacts(*server)) co_return !process_->exited();
    co_await WaitForChange(clock_.Monotonic() + pause);
    pause = std::min(pause * 2, kProbePauseMax);
  }
  co_return false;
}

net::Task<void> EngineHost::EndProcess() {
  if (process_->exited()) co_return;
  process_->Signal(SIGTERM);
  const MonotonicTime until = clock_.Monotonic() + options_.stop_grace;
  while (!process_->exited() && clock_.Monotonic() < until) co_await WaitForChange(until);
  process_->Signal(SIGKILL);
  while (!process_->exited()) co_await WaitForChange(kForever);
}

net::Task<void> EngineHost::Stop(End end) {
  auto at_home = [](EngineHost& host, bool for_good) -> net::Task<void> {
    host.closed_ = host.closed_ || for_good;
    co_await host.EndSupervision();
  };
  co_await boost::asio::co_spawn(executor_, at_home(*this, end == End::kForGood),
                                 boost::asio::use_awaitable);
}

// Ends what runs, at home; it can be started again unless it is closed.
net::Task<void> EngineHost::EndSupervision() {
  stopping_ = true;
  ++stops_;
  Notify();
  while (supervised_) co_await WaitForChange(kForever);
  stopping_ = --stops_ > 0 || closed_;
  Notify();
}

void EngineHost::AskToStop() {
  boost::asio::post(executor_, [this] {
    stopping_ = closed_ = true;
    Notify();
  });
}

// Until Notify or `until`.
net::Task<void> EngineHost::WaitForChange(MonotonicTime until) {
  boost::asio::steady_timer timer(executor_);
  if (until == kForever) {
    timer.expires_at(until);
  } else {
    timer.expires_after(until - clock_.Monotonic());
  }
  waiters_.push_back(&timer);
  struct Leave {
    std::vector<boost::asio::steady_timer*>& waiters;
    boost::asio::steady_timer* timer;
    ~Leave() { std::erase(waiters, timer); }
  } leave{waiters_, &timer};
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

void EngineHost::Notify() {
  for (boost::asio::steady_timer* timer : waiters_) timer->cancel();
}

void EngineHost::SetState(State state, std::string error) {
  {
    std::lock_guard lock(status_mutex_);
    state_ = state;
    error_ = std::move(error);
    pid_ = process_ && !process_->exited() ? process_->pid() : 0;
  }
  Notify();
}

Result<ModelServerPtr> EngineHost::Start() {
  std::error_code error;
  for (const std::string* file : {&weights_.file, &weights_.projector, &weights_.draft}) {
    if (file->empty() || std::filesystem::is_regular_file(*file, error)) continue;
    return Fail(Fault::kModelError, fmt::format("there is no file {}", *file));
  }
  socket_ = fmt::format("{}/engine-{}.sock", options_.runtime_folder,
                        next_socket.fetch_add(1, std::memory_order_relaxed));
  unlink(socket_.c_str());
  ChildCommand command = EngineCommand(
      options_, room_.context_cells > 0 ? room_.context_cells : options_.context_cells, use_);
  command.arguments.insert(command.arguments.begin(),
                           {"--model", weights_.file, "--listen", "unix:" + socket_});
  AddBesideWeights(weights_, command);
  AddPrefixes(options_, model_id_, command);
  for (const TakenAdapter& taken : taken_adapters_) models::AddAdapter(taken.adapter, command);
  process_adapter_bytes_.store(AdapterBytes());
  last_error_line_.clear();
  crashed_adapter_.clear();
  loaded_bytes_.store(0);
  total_bytes_.store(0);
  auto process = ChildProcess::Start(
      executor_, command, [this](std::string_view line) { TakeLine(line); }, [this] { Notify(); });
  if (!process) return std::unexpected(std::move(process.error()));
  process_ = std::move(*process);
  log::Info("models", "starting the engine", {{"model", model_id_}, {"pid", process_->pid()}});
  SetState(State::kStarting, error_);
  return Connect();
}

Result<ModelServerPtr> EngineHost::Connect() const {
  auto endpoint = net::Endpoint::Parse("unix:" + socket_);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  net::HttpClientOptions options;
  options.idle = options_.request_max;
  options.total = options_.request_max;
  auto client = net::MakeHttpClient(reactors_, *endpoint, options);
  if (!client) return std::unexpected(std::move(client.error()));
  auto server = std::make_shared<ModelServer>();
  server->client = std::move(*client);
  server->path_prefix = "/v1";
  server->tokenize_target = "/v1/tokenize";
  server->is_engine = true;
  server->adapter_set = taken_set_;
  return server;
}

// The engine writes its log as JSON lines; what is none of them (an abort, the loader) goes on as
// it is.
void EngineHost::TakeLine(std::string_view line) {
  EngineLogLine read = ReadEngineLogLine(line);
  if (read.level >= log::Level::kError) {
    last_error_line_ = read.message;
    crashed_adapter_ = std::move(read.crashed_adapter);
  }
  if (!log::Enabled(read.level)) return;
  const log::Field fields[] = {{"model", model_id_}};
  log::Write(read.level, "engine", read.message, fields);
}

EngineStatus EngineHost::Status() const {
  static constexpr std::string_view kNames[] = {"stopped", "waiting", "starting", "ready",
                                                "failed"};
  const uint64_t held = memory_.HeldBy(*this);
  std::vector<AdapterStatus> adapters;
  {
    const std::lock_guard lock(adapters_mutex_);
    for (const EngineAdapter& adapter : adapters_) {
      const auto failure = failures_.find(adapter.name);
      adapters.push_back({.model_id = adapter.model_id,
                          .name = adapter.name,
                          .error = failure == failures_.end() ? "" : failure->second.why});
    }
  }
  std::lock_guard lock(status_mutex_);
  const bool starting = state_ == State::kStarting;
  return {.model_id = model_id_,
          .state = kNames[static_cast<size_t>(state_)],
          .pid = pid_,
          .error = error_,
          .pinned = pinned_.load(),
          .held_bytes = held,
          .loaded_bytes = starting ? loaded_bytes_.load() : 0,
          .total_bytes = starting ? total_bytes_.load() : 0,
          .adapters = std::move(adapters)};
}

}  // namespace bedplate::models
