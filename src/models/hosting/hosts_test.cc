// The supervisor with real child processes: fake_engine behaves as its weights file says.
#include "models/hosting/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "models/hosting/engine_probe.h"
#include "models/testing/hosts_fixture.h"

namespace bedplate::models {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST_F(HostsTest, StartsAnEngineWithItsFirstUseAndLearnsItsFacts) {
  auto model = Local("load_ms=30");
  hosts().For(*model);
  EXPECT_EQ(Status().state, "stopped");
  auto server = Acquire(*model);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->context_tokens, 64);
  EXPECT_EQ((*server)->embedding_dimensions, 8);
  EXPECT_TRUE((*server)->is_engine);
  EXPECT_EQ(Status().state, "ready");
  EXPECT_EQ(kill(Status().pid, 0), 0);
  EXPECT_EQ(*Acquire(*model), *server);
}

// A stand-in for the engine that writes its arguments down before it becomes fake_engine.
TEST_F(HostsTest, HandsItsOptionsToTheEngine) {
  const std::string program = (folder_ / "noting").string();
  const std::string noted = (folder_ / "arguments").string();
  std::ofstream(program) << "#!/bin/sh\necho \"$*\" > '" << noted << "'\nexec " FAKE_ENGINE
                         << " \"$@\"\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  options_.engine.program = program;
  options_.engine.threads = 3;
  options_.engine.sequences = 5;
  options_.engine.first_token_target_ms = 700;
  options_.engine.token_gap_target_ms = 90;
  options_.engine.attention = "avx2";
  options_.engine.products = "ggml";
  options_.engine.speculation = "off";
  options_.engine.cache_type = "q8_0";
  options_.engine.idle_prefix_s = 90;
  options_.engine.prefixes_folder = "/prefixes";
  options_.engine.prefixes_mb = 7;
  auto server = Acquire(*Local(""));
  ASSERT_TRUE(server) << server.error().message;
  std::string arguments;
  std::getline(std::ifstream(noted), arguments);
  EXPECT_THAT(arguments,
              EndsWith(" --threads 3 --sequences 5 --first-token-target 700 --token-gap-target 90 "
                       "--attention avx2 --products ggml --speculation off "
                       "--cache-type q8_0 --idle-prefix-seconds 90 --prefix-folder /prefixes/a_b "
                       "--prefix-megabytes 7"));
}

TEST_F(HostsTest, WaitersShareOneLoad) {
  auto model = Local("load_ms=100");
  std::vector<std::future<Result<ModelServerPtr>>> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(std::async(std::launch::async, [&, i] {
      return reactors_.Run(static_cast<size_t>(i % 2), hosts().For(*model).Acquire());
    }));
    if (i == 0) std::this_thread::sleep_for(10ms);
  }
  std::set<ModelServerPtr> servers;
  for (auto& future : waiting) servers.insert(*future.get());
  EXPECT_EQ(servers.size(), 1u);
  EXPECT_EQ(Sockets().size(), 1u);
}

TEST_F(HostsTest, SaysNotReadyWhenLoadingTakesTooLong) {
  options_.engine.ready_wait_max = 50ms;
  auto model = Local("load_ms=300");
  auto server = Acquire(*model);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().fault, Fault::kModelNotReady);
  EXPECT_EQ(server.error().retry_after_s, 1);
  EXPECT_THAT(server.error().message, HasSubstr("a.b"));
  EXPECT_TRUE(Eventually([&] { return Acquire(*model).has_value(); }));
}

TEST_F(HostsTest, StartsAnEngineAgainThatWasKilled) {
  auto model = Local("");
  auto first = Acquire(*model);
  ASSERT_TRUE(first);
  pid_t killed = Status().pid;
  kill(killed, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return (*first)->gone.load(); }));
  auto second = Acquire(*model);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(*second, *first);
  EXPECT_NE(Status().pid, killed);
  EXPECT_EQ(Sockets().size(), 1u);
}

TEST_F(HostsTest, PausesBetweenCrashesInARow) {
  options_.engine.ready_wait_max = 20ms;
  auto model = Local("");
  for (int crash = 0; crash < 2; ++crash) {
    ASSERT_TRUE(Eventually([&] { return Acquire(*model).has_value(); }));
    pid_t pid = Status().pid;
    kill(pid, SIGKILL);
    ASSERT_TRUE(Eventually([&] { return Status().pid != pid; }));
  }
  // The first crash was followed at once, the second waits.
  auto during = Acquire(*model);
  ASSERT_FALSE(during);
  EXPECT_EQ(during.error().fault, Fault::kModelNotReady);
  EXPECT_THAT(Status().error, HasSubstr("signal 9"));
  EXPECT_TRUE(Eventually([&] { return Acquire(*model).has_value(); }));
}

TEST_F(HostsTest, SaysThatAModelCannotBeLoadedAndTriesAgainLater) {
  auto model = Local("fail");
  auto server = Acquire(*model);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().fault, Fault::kModelError);
  EXPECT_THAT(server.error().message, HasSubstr("could not be loaded"));
  EXPECT_EQ(server.error().retry_after_s, 1);
  EXPECT_EQ(Status().state, "failed");
  EXPECT_EQ(Status().error, "exit code 1: the file is no model");
  // The reason is for the operator, not for the caller.
  EXPECT_EQ(server.error().message.find(folder_.string()), std::string::npos);
  Local("");  // the file was put right
  EXPECT_FALSE(Acquire(*model));
  EXPECT_TRUE(Eventually([&] { return Acquire(*model).has_value(); }));
}

TEST_F(HostsTest, StartsAnEngineAgainThatWasKilledWhileItLoaded) {
  auto model = Local("load_ms=200");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*model); });
  KillLoading();
  auto server = waiting.get();  // of the second engine
  EXPECT_TRUE(server) << server.error().message;
}

TEST_F(HostsTest, SaysNotReadyWhenEnginesAreKilledAsTheyLoad) {
  options_.engine.ready_wait_max = 500ms;
  options_.engine.restart_pause_min = 60'000ms;
  auto model = Local("load_ms=200");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*model); });
  const pid_t first = KillLoading();
  ASSERT_NE(KillLoading(first), first);
  const auto server = waiting.get();  // within the pause after the second
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().fault, Fault::kModelNotReady);
  EXPECT_GT(server.error().retry_after_s, 50);
  EXPECT_EQ(Status().state, "failed");
  EXPECT_EQ(Status().error, "signal 9 (Killed)");
  EXPECT_EQ(Acquire(*model).error().fault, Fault::kModelNotReady);
}

TEST_F(HostsTest, AnEngineKilledWhileItLoadedMaySayTheNextTimeThatItCannot) {
  auto model = Local("load_ms=200 fail");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*model); });
  KillLoading();
  EXPECT_EQ(waiting.get().error().fault, Fault::kModelError);
  EXPECT_THAT(Status().error, HasSubstr("the file is no model"));
}

TEST_F(HostsTest, GivesUpOnAnEngineThatNeverBecomesReady) {
  options_.engine.load_max = 100ms;
  auto server = Acquire(*Local("hang"));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().fault, Fault::kModelError);
  EXPECT_THAT(Status().error, HasSubstr("not ready after 100 ms"));
  EXPECT_EQ(Status().pid, 0);
}

TEST_F(HostsTest, SaysWhenWeightsOrProgramAreMissing) {
  auto model = Local("");
  std::filesystem::remove(std::get<LocalWeights>(model->binding).file);
  EXPECT_EQ(Acquire(*model).error().fault, Fault::kModelError);
  EXPECT_THAT(Status().error, HasSubstr("there is no file"));

  options_.engine.program = "/no/such/engine";
  auto other = Local("", "c.d");
  Hosts hosts(reactors_, options_, SystemClock());
  auto server = reactors_.Run(0, hosts.For(*other).Acquire());
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().fault, Fault::kModelError);
  EXPECT_THAT(hosts.Statuses().at(0).error, HasSubstr("/no/such/engine"));
}

// Waiting could not help: nobody waits, however long a load may take.
TEST_F(HostsTest, SaysAtOnceThatAProgramCannotBeStarted) {
  options_.engine.ready_wait_max = std::chrono::hours(24);
  const std::string no_program = (folder_ / "text").string();
  std::ofstream(no_program) << "no program";
  const std::string broken = (folder_ / "broken").string();
  std::ofstream(broken) << "no program either, but it may be run";
  std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
  const std::string ends = (folder_ / "ends").string();
  std::ofstream(ends) << "#!/bin/sh\necho 'no library' >&2\nexit 127\n";
  std::filesystem::permissions(ends, std::filesystem::perms::owner_all);
  const std::pair<std::string, std::string> cases[] = {
      {"/no/such/engine", "/no/such/engine can't be started: No such file or directory"},
      {no_program, no_program + " can't be started: Permission denied"},
      {broken, broken + " can't be started: Exec format error"},
      {folder_.string(), folder_.string() + " can't be started: Permission denied"},
      {ends, "exit code 127"},
  };
  auto model = Local("");
  for (const auto& [program, why] : cases) {
    options_.engine.program = program;
    Hosts hosts(reactors_, options_, SystemClock());
    std::vector<std::future<Result<ModelServerPtr>>> waiting;
    waiting.reserve(4);
    for (size_t i = 0; i < 4; ++i) {  // on the host's own reactor and on the other
      waiting.push_back(std::async(std::launch::async, [&, i] {
        return reactors_.Run(i % 2, hosts.For(*model).Acquire());
      }));
    }
    for (auto& future : waiting) {
      const auto server = future.get();
      ASSERT_FALSE(server) << program;
      EXPECT_EQ(server.error().fault, Fault::kModelError) << program;
      EXPECT_EQ(server.error().message.find(folder_.string()), std::string::npos) << program;
    }
    EXPECT_EQ(hosts.Statuses().at(0).error, why);
    reactors_.Run(0, hosts.Stop());
  }
}

TEST_F(HostsTest, StopsItsChildrenAndRemovesTheirSockets) {
  options_.engine.stop_grace = 100ms;
  auto polite = Local("");
  auto deaf = Local("deaf", "c.d");
  ASSERT_TRUE(Acquire(*polite));
  ASSERT_TRUE(Acquire(*deaf));
  std::vector<EngineStatus> before = hosts().Statuses();
  ASSERT_EQ(before.size(), 2u);
  reactors_.Run(1, hosts().Stop());
  for (const EngineStatus& status : before) EXPECT_NE(kill(status.pid, 0), 0);
  EXPECT_TRUE(Sockets().empty());
  for (const EngineStatus& status : hosts().Statuses()) EXPECT_EQ(status.state, "stopped");
  auto after = Acquire(*polite);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().fault, Fault::kUnavailable);
}

TEST_F(HostsTest, StopsWhileALoadIsUnderWay) {
  auto model = Local("hang");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*model); });
  ASSERT_TRUE(Eventually([&] {
    auto statuses = hosts().Statuses();
    return !statuses.empty() && statuses[0].pid != 0;
  }));
  reactors_.Run(1, hosts().Stop());
  EXPECT_EQ(waiting.get().error().fault, Fault::kUnavailable);
}

TEST_F(HostsTest, UnloadsWhatNoModelUsesAndLoadsItAgainWhenOneDoes) {
  auto kept = Local("");
  auto removed = Local("", "c.d");
  ASSERT_TRUE(Acquire(*kept));
  ASSERT_TRUE(Acquire(*removed));
  hosts().StopUnused({kept});
  EXPECT_TRUE(Eventually([&] { return hosts().Statuses()[1].state == "stopped"; }));
  EXPECT_EQ(hosts().Statuses()[0].state, "ready");
  // A request that was cut by it asks again.
  const auto refused = Acquire(*removed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kValidation);
  EXPECT_THAT(refused.error().message, HasSubstr("There is no model 'c.d'"));
  EXPECT_EQ(hosts().Statuses()[1].state, "stopped");
  hosts().StopUnused({kept, removed});
  EXPECT_TRUE(Acquire(*removed));
}

TEST_F(HostsTest, DoesNotWaitForTheEndOfWhatNoModelUses) {
  options_.engine.stop_grace = 2'000ms;
  ASSERT_TRUE(Acquire(*Local("deaf")));
  ASSERT_TRUE(Acquire(*Local("deaf", "c.d")));
  const auto before = hosts().Statuses();
  hosts().StopUnused({});
  for (const EngineStatus& status : before) EXPECT_EQ(kill(status.pid, 0), 0);
  for (size_t i : {0, 1}) {
    EXPECT_TRUE(Eventually([&] { return hosts().Statuses()[i].state == "stopped"; }));
  }
}

TEST_F(HostsTest, WarmsUp) {
  hosts().WarmUp({Local("")});
  EXPECT_TRUE(Eventually([&] { return Status().state == "ready"; }));
}

TEST_F(HostsTest, RemovesSocketsThatAKilledServerLeft) {
  std::ofstream(folder_ / "engine-7.sock") << "";
  std::ofstream(folder_ / "other.sock") << "";
  hosts();
  EXPECT_EQ(Sockets(), std::vector<std::string>{"other.sock"});
}

TEST_F(HostsTest, ReachesServersAtUrls) {
  options_.environment = {{"LAB_KEY", "secret"}};
  Model model;
  model.facts.id = "a.b";
  model.binding = RemoteUpstream{
      .url = "http://127.0.0.1:1/base/v1", .model_name = "m", .api_key_env = "LAB_KEY"};
  auto server = Acquire(model);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->path_prefix, "/base/v1");
  EXPECT_EQ((*server)->tokenize_target, "/base/tokenize");
  EXPECT_EQ((*server)->headers.Find("authorization"), "Bearer secret");
  EXPECT_FALSE((*server)->is_engine);

  model.binding =
      RemoteUpstream{.url = "http://127.0.0.1:1", .model_name = "m", .api_key_env = "NO"};
  auto keyless = Acquire(model);
  ASSERT_FALSE(keyless);
  EXPECT_EQ(keyless.error().fault, Fault::kModelError);
}

TEST(EngineLogLine, IsReadAsFarAsItIsOne) {
  EXPECT_EQ(ReadEngineLogLine(R"({"level":"error","message":"bad","x":1})").message, "bad");
  EXPECT_EQ(ReadEngineLogLine(R"({"level":"error","message":"bad"})").level, log::Level::kError);
  EXPECT_EQ(ReadEngineLogLine("ggml_abort: x").message, "ggml_abort: x");
  EXPECT_EQ(ReadEngineLogLine(R"({"text":1})").message, R"({"text":1})");
}

}  // namespace
}  // namespace bedplate::models
