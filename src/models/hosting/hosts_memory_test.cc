// Models under a bound of memory, with real child processes: fake_engine says that each needs what
// its weights file says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>

#include "models/hosting/hosts.h"
#include "models/testing/hosts_fixture.h"

namespace bedplate::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class HostsMemoryTest : public HostsTest {
 protected:
  void SetUp() override {
    HostsTest::SetUp();
    options_.memory_bytes_max = 2'500;  // two models of 1,000
  }

  EngineStatus StatusOf(const std::string& id) {
    for (EngineStatus& status : hosts().Statuses()) {
      if (status.model_id == id) return std::move(status);
    }
    return {};
  }
  std::string StateOf(const std::string& id) { return std::string(StatusOf(id).state); }
};

TEST_F(HostsMemoryTest, TheModelNotUsedForLongestLeavesForANewcomer) {
  const auto a = Local("", "m.a");
  const auto b = Local("", "m.b");
  const auto c = Local("", "m.c");
  ASSERT_TRUE(Acquire(*a));
  ASSERT_TRUE(Acquire(*b));
  ASSERT_TRUE(Acquire(*a));
  ASSERT_TRUE(Acquire(*c));
  EXPECT_EQ(StateOf("m.a"), "ready");
  EXPECT_EQ(StateOf("m.b"), "stopped");
  EXPECT_EQ(StateOf("m.c"), "ready");
  EXPECT_EQ(StatusOf("m.b").held_bytes, 0u);
  EXPECT_EQ(StatusOf("m.c").held_bytes, 1'000u);
  EXPECT_TRUE(Acquire(*b));  // and it comes back
  EXPECT_EQ(StateOf("m.a"), "stopped");
}

TEST_F(HostsMemoryTest, NoModelWithRequestsLeavesAndTheOperatorIsToldWhoHoldsTheMemory) {
  options_.engine.ready_wait_max = 1s;
  auto a = Acquire(*Local("", "m.a"));
  auto b = Acquire(*Local("", "m.b"));
  ASSERT_TRUE(a && b);
  const auto c = Local("", "m.c");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*c); });
  EXPECT_TRUE(Eventually([&] {
    return testing::Matches(AllOf(HasSubstr("m.a (0 MiB, answering 1 requests)"),
                                  HasSubstr("m.b (0 MiB, answering 1 requests)")))(
        StatusOf("m.c").error);
  }));
  const auto refused = waiting.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kModelNotReady);
  EXPECT_THAT(refused.error().message, HasSubstr("waits for memory that other models hold"));
  for (const char* secret : {"m.a", "m.b", "1 requests"}) {
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr(secret)));
  }
  EXPECT_FALSE((*a)->gone || (*b)->gone);
  // Nobody waits for it any more.
  EXPECT_TRUE(Eventually([&] { return StateOf("m.c") == "stopped"; }));
  a->reset();
  EXPECT_TRUE(Acquire(*c));
  EXPECT_EQ(StatusOf("m.c").error, "");
  EXPECT_EQ(StateOf("m.a"), "stopped");
  EXPECT_FALSE((*b)->gone);
}

TEST_F(HostsMemoryTest, ANewcomerComesInWhenAModelHasFinished) {
  auto a = Acquire(*Local("", "m.a"));
  auto b = Acquire(*Local("", "m.b"));
  const auto c = Local("", "m.c");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*c); });
  ASSERT_TRUE(Eventually([&] { return StateOf("m.c") == "waiting"; }));
  b->reset();
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(StateOf("m.b"), "stopped");
}

TEST_F(HostsMemoryTest, AModelBeingLoadedDoesNotLeave) {
  const auto a = Local("load_ms=400 weights=2000", "m.a");
  auto loading = std::async(std::launch::async, [&] { return Acquire(*a).has_value(); });
  ASSERT_TRUE(Eventually([&] { return StateOf("m.a") == "starting" && StatusOf("m.a").pid > 0; }));
  const pid_t pid = StatusOf("m.a").pid;
  EXPECT_TRUE(Acquire(*Local("", "m.b")));
  EXPECT_TRUE(loading.get());  // before it left
  EXPECT_NE(StatusOf("m.a").pid, pid);
}

TEST_F(HostsMemoryTest, AModelThatCannotFitIsRefusedWithNeedAndBudget) {
  options_.memory_bytes_max = 100 << 20;
  const auto other = Local("", "m.other");
  ASSERT_TRUE(Acquire(*other));
  const auto refused = Acquire(*Local("weights=300000000", "m.large"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kModelError);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("m.large"), HasSubstr("needs 286 MiB"),
                    HasSubstr("budget is 100 MiB"), HasSubstr("models.memory_bytes_max")));
  EXPECT_EQ(StateOf("m.large"), "failed");
  EXPECT_EQ(StateOf("m.other"), "ready");
}

TEST_F(HostsMemoryTest, AContextThatTheEngineChoseShrinksToFit) {
  ASSERT_TRUE(Acquire(*Local("context=64 cache=100", "m.a")));
  EXPECT_EQ(StatusOf("m.a").held_bytes, 1'800u);  // of 8 tokens
}

TEST_F(HostsMemoryTest, AContextThatTheOperatorChoseIsKept) {
  options_.engine.context_cells = 64;
  const auto refused = Acquire(*Local("context=64 cache=100", "m.a"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("context of 64 tokens"));
}

TEST_F(HostsMemoryTest, PinnedModelsStay) {
  options_.idle_unload = 1s;
  const auto a = Local("", "m.a");
  hosts().Pin({a});
  ASSERT_TRUE(Eventually([&] { return StateOf("m.a") == "ready"; }));
  const pid_t pid = StatusOf("m.a").pid;
  EXPECT_TRUE(StatusOf("m.a").pinned);
  ASSERT_TRUE(Acquire(*Local("", "m.b")));
  ASSERT_TRUE(Acquire(*Local("", "m.c")));
  ASSERT_TRUE(Eventually([&] {
    hosts().Tend();
    return StateOf("m.c") == "stopped";
  }));
  EXPECT_EQ(StatusOf("m.a").pid, pid);
  const auto refused = Acquire(*Local("weights=2000", "m.large"));
  EXPECT_THAT(refused.error().message, HasSubstr("of which pinned models hold"));
}

TEST_F(HostsMemoryTest, APinnedModelThatWasUnloadedIsLoadedAgain) {
  const auto a = Local("", "m.a");
  hosts().Pin({a});
  ASSERT_TRUE(Eventually([&] { return StateOf("m.a") == "ready"; }));
  Unload({a});
  hosts().Tend();
  EXPECT_TRUE(Eventually([&] { return StateOf("m.a") == "ready"; }));
}

TEST_F(HostsMemoryTest, APinnedModelThatFailedIsLoadedWhenItCanBe) {
  const auto a = Local("fail", "m.a");
  hosts().Pin({a});
  ASSERT_TRUE(Eventually([&] { return StateOf("m.a") == "failed"; }));
  Local("", "m.a");  // the file was put right
  EXPECT_TRUE(Eventually([&] {
    hosts().Tend();
    return StateOf("m.a") == "ready";
  }));
}

TEST_F(HostsMemoryTest, AnIdleModelIsUnloadedAndOneInUseIsNot) {
  options_.memory_bytes_max = 0x1'0000'0000;  // what the processes are measured to take fits
  options_.idle_unload = 1s;
  auto used = Acquire(*Local("", "m.used"));
  const auto idle = Local("", "m.idle");
  ASSERT_TRUE(Acquire(*idle));
  EXPECT_TRUE(Eventually([&] {
    hosts().Tend();
    return StateOf("m.idle") == "stopped";
  }));
  EXPECT_FALSE((*used)->gone);
  EXPECT_TRUE(Acquire(*idle));
  used->reset();
  EXPECT_TRUE(Eventually([&] {
    hosts().Tend();
    return StateOf("m.used") == "stopped";
  }));
}

TEST_F(HostsMemoryTest, WhatAProcessWasMeasuredToTakeCounts) {
  options_.memory_bytes_max = 0x1'0000'0000;
  const auto model = Local("", "m.a");
  ASSERT_TRUE(Acquire(*model));
  EXPECT_EQ(StatusOf("m.a").held_bytes, 1'000u);
  hosts().Tend();
  const uint64_t measured = StatusOf("m.a").held_bytes;
  EXPECT_GT(measured, 100'000u);
  // It will take as much the next time.
  Unload({model});
  ASSERT_TRUE(Acquire(*model));
  EXPECT_EQ(StatusOf("m.a").held_bytes, measured);
}

TEST_F(HostsMemoryTest, WhatWasMeasuredWithOneContextIsNotTakenForThatOfAnother) {
  constexpr uint64_t kBudget = 1'000'000'000;
  options_.memory_bytes_max = kBudget;
  const auto model = Local("context=64 cache=1000", "m.a");
  ASSERT_TRUE(Acquire(*model));
  hosts().Tend();
  const uint64_t measured = StatusOf("m.a").held_bytes;  // with a context of 64
  ASSERT_GT(measured, 100'000u);
  ASSERT_LT(measured, kBudget / 2);
  // Beside this one there is room for a context of 32.
  const auto other = Local("weights=" + std::to_string(kBudget - measured + 10'000), "m.b");
  Unload({model, other});
  hosts().Pin({other});
  ASSERT_TRUE(Acquire(*other));
  ASSERT_TRUE(Acquire(*model));
  EXPECT_EQ(StatusOf("m.a").held_bytes, measured - 32'000);
  hosts().StopUnused({other});
  ASSERT_TRUE(Eventually([&] { return StateOf("m.a") == "stopped"; }));
  hosts().StopUnused({model, other});
  ASSERT_TRUE(Acquire(*model));
  EXPECT_EQ(StatusOf("m.a").held_bytes, 65'000u);  // as it is described
}

TEST_F(HostsMemoryTest, AFileThatCannotBeDescribedIsNotLoaded) {
  options_.engine.describe_max = 500ms;
  for (const char* behaviour : {"no_describe", "describe_ms=60000"}) {
    const auto refused = Acquire(*Local(behaviour, "m.bad"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::kModelError);
    EXPECT_THAT(refused.error().message, HasSubstr("could not be loaded"));
    EXPECT_EQ(StatusOf("m.bad").held_bytes, 0u);
    ASSERT_TRUE(Eventually([&] { return Acquire(*Local("weights=999", "m.good")).has_value(); }));
    EXPECT_THAT(StatusOf("m.bad").error, HasSubstr(std::string(behaviour) == "no_describe"
                                                       ? "exit code 1: the file is damaged"
                                                       : "not described after 500 ms"));
    std::this_thread::sleep_for(options_.engine.restart_pause_min);  // the failure's pause
  }
}

TEST_F(HostsMemoryTest, AModelIsLoadedThoughWhoAskedForItDidNotWait) {
  options_.engine.ready_wait_max = 1ms;
  const auto model = Local("describe_ms=200", "m.a");
  EXPECT_EQ(Acquire(*model).error().fault, Fault::kModelNotReady);
  EXPECT_TRUE(Eventually([&] { return StateOf("m.a") == "ready"; }));
}

TEST_F(HostsMemoryTest, AFileThatChangedIsDescribedAnew) {
  const auto before = Local("weights=1000", "m.a");
  ASSERT_TRUE(Acquire(*before));
  Unload({before});
  ASSERT_TRUE(Acquire(*Local("weights=1200  ", "m.a")));
  EXPECT_EQ(StatusOf("m.a").held_bytes, 1'200u);
}

TEST_F(HostsMemoryTest, SaysHowFarAModelIsLoaded) {
  options_.engine.ready_wait_max = 200ms;
  const auto refused = Acquire(*Local("load_ms=60000", "m.a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kModelNotReady);
  EXPECT_THAT(refused.error().message, HasSubstr("(3 MiB of 4 MiB)"));
  EXPECT_EQ(StatusOf("m.a").loaded_bytes, 3u << 20);
  EXPECT_EQ(StatusOf("m.a").total_bytes, 4u << 20);
}

TEST_F(HostsMemoryTest, StopsWhileANewcomerWaits) {
  auto a = Acquire(*Local("weights=2000", "m.a"));
  const auto b = Local("", "m.b");
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*b); });
  ASSERT_TRUE(Eventually([&] { return StateOf("m.b") == "waiting"; }));
  reactors_.Run(1, hosts().Stop());
  EXPECT_EQ(waiting.get().error().fault, Fault::kUnavailable);
}

// Many models, little room, requests from everywhere: all are answered, and what is held at any
// time stays within the budget.
TEST_F(HostsMemoryTest, ManyModelsTakeTurns) {
  std::vector<std::shared_ptr<const Model>> models;
  for (const char* id : {"m.a", "m.b", "m.c", "m.d", "m.e"}) models.push_back(Local("", id));
  std::vector<std::future<int>> clients;
  clients.reserve(4);
  for (size_t client = 0; client < 4; ++client) {
    clients.push_back(std::async(std::launch::async, [&, client] {
      int answered = 0;
      for (size_t i = 0; i < 6; ++i) {
        const auto& model = models[(client + i * 3) % models.size()];
        auto server = reactors_.Run(client % 2, hosts().For(*model).Acquire());
        if (server && !(*server)->gone) ++answered;
        if (hosts().memory_held_bytes() > 2'500) return -1;
      }
      return answered;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 6);
}

}  // namespace
}  // namespace bedplate::models
