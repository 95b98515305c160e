// HostsTest: the real hosts with real child processes; fake_engine behaves as its weights file
// says.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "models/hosting/hosts.h"
#include "net/reactors.h"

namespace bedplate::models {

using namespace std::chrono_literals;

class HostsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("hosts_" + std::to_string(getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    options_.engine.program = FAKE_ENGINE;
    options_.engine.runtime_folder = folder_.string();
    options_.engine.restart_pause_min = 200ms;
  }
  void TearDown() override {
    if (hosts_) reactors_.Run(0, hosts_->Stop());
    reactors_.Stop();
    hosts_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Made at its first use, when the test has set its options; by any of its threads.
  Hosts& hosts() {
    std::call_once(hosts_made_, [this] {
      hosts_ = std::make_unique<Hosts>(reactors_, options_, SystemClock());
    });
    return *hosts_;
  }

  std::shared_ptr<const Model> Local(const std::string& behaviour, std::string id = "a.b") {
    Model model;
    model.facts.id = std::move(id);
    std::string file = (folder_ / (model.facts.id + ".gguf")).string();
    std::ofstream(file) << "GGUF " << behaviour;
    model.binding = LocalWeights{.file = file};
    return std::make_shared<const Model>(std::move(model));
  }

  // Acquires from a reactor that is not the host's home.
  Result<ModelServerPtr> Acquire(const Model& model) {
    return reactors_.Run(1, hosts().For(model).Acquire());
  }

  // Unloads every engine, and lets those of `models` be loaded again.
  void Unload(const std::vector<std::shared_ptr<const Model>>& models) {
    hosts().StopUnused({});
    EXPECT_TRUE(Eventually([&] {
      return std::ranges::all_of(
          hosts().Statuses(), [](const EngineStatus& status) { return status.state == "stopped"; });
    }));
    hosts().StopUnused(models);
  }

  EngineStatus Status() { return hosts().Statuses().at(0); }

  template <class Condition>
  bool Eventually(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      poll(nullptr, 0, 5);
    }
    return false;
  }

  // Kills the engine that loads, once it is another one than `before`.
  pid_t KillLoading(pid_t before = 0) {
    pid_t pid = 0;
    EXPECT_TRUE(Eventually([&] {
      const auto statuses = hosts().Statuses();
      if (!statuses.empty() && statuses[0].state == "starting") pid = statuses[0].pid;
      return pid != 0 && pid != before;
    }));
    if (pid != 0) kill(pid, SIGKILL);
    return pid;
  }

  std::vector<std::string> Sockets() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() == ".sock") names.push_back(entry.path().filename());
    }
    return names;
  }

  std::filesystem::path folder_;
  HostOptions options_;
  net::Reactors reactors_{net::ReactorOptions{.threads = 2}};
  std::once_flag hosts_made_;
  std::unique_ptr<Hosts> hosts_;
};

}  // namespace bedplate::models
