// ModelStand: a test's models, with the real hosts and client before them: model a.b is bound to a
// stand-in server at a URL or to fake_engine.
//
// Threads: used by the test's thread, hosts() and client() by any; handlers of the stand-in run on
// its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "models/hosting/hosts.h"
#include "models/model_client.h"
#include "models/testing/fake_upstream.h"
#include "net/reactors.h"

namespace bedplate::models {

class ModelStand {
 public:
  ModelStand() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("stand_" + std::to_string(getpid()) + "_" + test->name());
    std::filesystem::create_directories(folder_);
    options.engine.program = FAKE_ENGINE;
    options.engine.runtime_folder = folder_.string();
    options.environment = {{"KEY", "secret"}};
    model.facts.id = "a.b";
    model.facts.streaming = true;
  }
  ~ModelStand() {
    if (hosts_) reactors.Run(0, hosts_->Stop());
    reactors.Stop();
    client_.reset();
    hosts_.reset();
    upstream_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Binds the model; before the first use of client().
  void Upstream(FakeUpstream::Handler handler) {
    upstream_ = std::make_unique<FakeUpstream>((folder_ / "u.sock").string(), std::move(handler));
    model.binding = RemoteUpstream{
        .url = "unix:" + upstream_->path(), .model_name = "big", .api_key_env = "KEY"};
  }
  // `behaviour` is what models/testing/main.cc reads.
  void Engine(const std::string& behaviour) {
    std::ofstream(folder_ / "w.gguf") << "GGUF " << behaviour;
    model.binding = LocalWeights{.file = (folder_ / "w.gguf").string()};
  }

  FakeUpstream& upstream() { return *upstream_; }
  Hosts& hosts() {
    std::call_once(hosts_made_,
                   [this] { hosts_ = std::make_unique<Hosts>(reactors, options, SystemClock()); });
    return *hosts_;
  }
  ModelClient& client() {
    std::call_once(client_made_, [this] { client_ = std::make_unique<ModelClient>(hosts()); });
    return *client_;
  }
  const std::filesystem::path& folder() const { return folder_; }

  HostOptions options;
  Model model;
  net::Reactors reactors{net::ReactorOptions{.threads = 2}};

 private:
  std::filesystem::path folder_;
  std::unique_ptr<FakeUpstream> upstream_;
  std::once_flag hosts_made_;
  std::once_flag client_made_;
  std::unique_ptr<Hosts> hosts_;
  std::unique_ptr<ModelClient> client_;
};

}  // namespace bedplate::models
