// Models that are LoRA adapters of one base, with real child processes: fake_engine tells which
// adapters it was started with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "models/hosting/hosts.h"
#include "models/testing/hosts_fixture.h"

namespace bedplate::models {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using ModelPtr = std::shared_ptr<const Model>;

class HostsAdaptersTest : public HostsTest {
 protected:
  std::string AdapterFile(const std::string& name, const std::string& text = "fits") {
    std::string file = (folder_ / (name + ".gguf")).string();
    std::ofstream(file) << text;
    return file;
  }

  static ModelPtr With(const ModelPtr& base, const std::string& id, const std::string& file,
                       double scale = 1) {
    Model model = *base;
    model.facts.id = id;
    auto& weights = std::get<LocalWeights>(model.binding);
    weights.adapter = file;
    weights.adapter_scale = scale;
    return std::make_shared<const Model>(std::move(model));
  }

  std::string ErrorOf(const std::string& model_id) {
    for (const AdapterStatus& adapter : Status().adapters) {
      if (adapter.model_id == model_id) return adapter.error;
    }
    return "there is no such adapter";
  }
};

TEST_F(HostsAdaptersTest, ModelsOfOneBaseShareAnEngine) {
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  const auto other = With(base, "m.other", AdapterFile("other"));
  const auto half = With(base, "m.half", AdapterFile("one"), 0.5);
  hosts().StopUnused({one, other, half, base});
  const auto server = Acquire(*one);
  ASSERT_TRUE(server) << server.error().message;
  for (const ModelPtr& model : {base, other, half}) EXPECT_EQ(*Acquire(*model), *server);
  EXPECT_THAT((*server)->adapters, SizeIs(3));
  ASSERT_THAT(hosts().Statuses(), SizeIs(1));
  EXPECT_EQ(Status().model_id, "m.base");
  EXPECT_THAT(Status().adapters, SizeIs(3));
  EXPECT_THAT(Sockets(), SizeIs(1));
  for (const ModelPtr& model : {one, other, half}) {
    EXPECT_THAT((*server)->adapters,
                Contains(EngineModelName(std::get<LocalWeights>(model->binding))));
    EXPECT_EQ(&hosts().For(*model), &hosts().For(*model));
    EXPECT_NE(&hosts().For(*model), &hosts().For(*base));
  }
}

TEST_F(HostsAdaptersTest, WeightsWithAnotherProjectorOrDraftAreAnotherBase) {
  const auto base = Local("", "m.base");
  Model guessed = *base;
  guessed.facts.id = "m.guessed";
  std::get<LocalWeights>(guessed.binding).draft = AdapterFile("draft");
  ASSERT_TRUE(Acquire(*base));
  ASSERT_TRUE(Acquire(guessed));
  EXPECT_THAT(hosts().Statuses(), SizeIs(2));
}

TEST_F(HostsAdaptersTest, ABusyEngineThatIsToHaveAnotherAdapterServesOthersForAWhile) {
  options_.engine.renewal_open_max = 500ms;
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  hosts().StopUnused({base, one});
  auto answering = Acquire(*base);
  ASSERT_TRUE(answering);
  const auto two = With(base, "m.two", AdapterFile("two"));
  hosts().StopUnused({base, one, two});
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*two); });
  ASSERT_TRUE(Eventually([&] { return Status().state == "waiting"; }));
  for (const ModelPtr& model : {base, one}) EXPECT_EQ(*Acquire(*model), *answering);
  std::this_thread::sleep_for(600ms);
  auto late = std::async(std::launch::async, [&] { return Acquire(*one); });
  EXPECT_EQ(late.wait_for(100ms), std::future_status::timeout);
  EXPECT_FALSE((*answering)->gone);
  answering->reset();
  const auto server = waiting.get();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(*late.get(), *server);
}

TEST_F(HostsAdaptersTest, ANewAdapterIsLoadedWhenTheAnswersUnderWayHaveEnded) {
  options_.engine.renewal_open_max = 0ms;
  const auto base = Local("", "m.base");
  hosts().StopUnused({base});
  auto answering = Acquire(*base);
  ASSERT_TRUE(answering);
  const pid_t before = Status().pid;
  const auto one = With(base, "m.one", AdapterFile("one"));
  hosts().StopUnused({base, one});
  // The engine is busy: it goes on for those that it has.
  EXPECT_EQ(*Acquire(*base), *answering);
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*one); });
  ASSERT_TRUE(Eventually([&] { return Status().state == "waiting"; }));
  auto next = std::async(std::launch::async, [&] { return Acquire(*base); });
  EXPECT_EQ(waiting.wait_for(100ms), std::future_status::timeout);
  EXPECT_EQ(next.wait_for(0ms), std::future_status::timeout);
  EXPECT_FALSE((*answering)->gone);
  EXPECT_EQ(Status().pid, before);
  answering->reset();
  const auto server = waiting.get();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(*next.get(), *server);
  EXPECT_NE(Status().pid, before);
  EXPECT_THAT((*server)->adapters, SizeIs(1));
}

TEST_F(HostsAdaptersTest, WhoWaitsForAnswersToEndIsToldSo) {
  options_.engine.ready_wait_max = 1s;
  const auto base = Local("", "m.base");
  const auto answering = Acquire(*base);
  ASSERT_TRUE(answering);
  const auto refused = Acquire(*With(base, "m.one", AdapterFile("one")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kModelNotReady);
  EXPECT_THAT(refused.error().message, HasSubstr("m.one is being loaded"));
  EXPECT_FALSE((*answering)->gone);
}

TEST_F(HostsAdaptersTest, ARemovedAdapterIsGoneAtOnceAndFromTheEngineWhenThatIsIdle) {
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  hosts().StopUnused({base, one});
  auto answering = Acquire(*one);
  ASSERT_TRUE(answering);
  hosts().StopUnused({base});
  const auto refused = Acquire(*one);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("There is no model 'm.one'"));
  EXPECT_EQ(*Acquire(*base), *answering);
  EXPECT_FALSE((*answering)->gone);
  answering->reset();
  const auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->adapters, SizeIs(0));
}

TEST_F(HostsAdaptersTest, AnAdapterThatDoesNotFitIsAnErrorOfItsModelAlone) {
  const auto base = Local("", "m.base");
  const auto good = With(base, "m.good", AdapterFile("good"));
  const auto bad = With(base, "m.bad", AdapterFile("bad", "misfit"));
  hosts().StopUnused({base, good, bad});
  const auto server = Acquire(*good);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 2; ++i) {
    const auto refused = Acquire(*bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::kModelError);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("m.bad"), HasSubstr("not be loaded")));
  }
  EXPECT_EQ(*Acquire(*base), *server);  // no engine was started for it
  EXPECT_EQ(ErrorOf("m.bad"), "it does not fit");
  EXPECT_EQ(ErrorOf("m.good"), "");
  EXPECT_EQ(hosts().StatusOf(*bad)->state, "failed");
  EXPECT_EQ(hosts().StatusOf(*good)->state, "ready");
}

TEST_F(HostsAdaptersTest, AnAdapterWhoseFileWasPutRightIsTriedAgain) {
  const auto base = Local("", "m.base");
  for (const char* wrong : {"misfit", "crash"}) {
    const auto bad = With(base, std::string("m.") + wrong, AdapterFile(wrong, wrong));
    hosts().StopUnused({base, bad});
    EXPECT_FALSE(Acquire(*bad));
    EXPECT_TRUE(Acquire(*base));
    AdapterFile(wrong, "it fits now");
    const auto server = Acquire(*bad);
    EXPECT_TRUE(server) << server.error().message;
  }
}

// As one that is being copied.
TEST_F(HostsAdaptersTest, AFileThatChangesAgainAndAgainLeavesTheEngineAlone) {
  options_.engine.adapter_steady_for = 1s;
  options_.engine.ready_wait_max = 100ms;
  const auto base = Local("", "m.base");
  const auto bad = With(base, "m.bad", AdapterFile("bad", "misfit"));
  hosts().StopUnused({base, bad});
  const auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  std::string text = "misfit";
  for (int i = 0; i < 5; ++i) {
    AdapterFile("bad", text += " and more");
    EXPECT_EQ(Acquire(*bad).error().fault, Fault::kModelNotReady);
    EXPECT_EQ(*Acquire(*base), *server);
  }
  EXPECT_FALSE((*server)->gone);
}

TEST_F(HostsAdaptersTest, AnAdapterThatEndsTheEngineIsLeftOut) {
  const auto base = Local("", "m.base");
  const auto good = With(base, "m.good", AdapterFile("good"));
  const auto bad = With(base, "m.bad", AdapterFile("bad", "crash"));
  hosts().StopUnused({base, good, bad});
  const auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(*Acquire(*good), *server);
  EXPECT_EQ(Acquire(*bad).error().fault, Fault::kModelError);
  EXPECT_EQ(ErrorOf("m.bad"), "it crashed");
  EXPECT_EQ(*Acquire(*good), *server);
}

TEST_F(HostsAdaptersTest, AnAdapterThatEndsTheEngineIsLeftOutAtEveryScale) {
  const auto base = Local("", "m.base");
  const std::string file = AdapterFile("bad \"quoted\"", "crash");
  const auto bad = With(base, "m.bad", file);
  const auto half = With(base, "m.half", file, 0.5);
  hosts().StopUnused({base, bad, half});
  const auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->adapters, SizeIs(0));
  EXPECT_EQ(ErrorOf("m.bad"), "it crashed");
  EXPECT_EQ(ErrorOf("m.half"), "it crashed");
}

TEST_F(HostsAdaptersTest, AnAdapterWhoseFileIsMissingIsLeftOut) {
  const auto base = Local("", "m.base");
  const auto bad = With(base, "m.bad", (folder_ / "missing.gguf").string());
  hosts().StopUnused({base, bad});
  EXPECT_TRUE(Acquire(*base));
  EXPECT_EQ(Acquire(*bad).error().fault, Fault::kModelError);
  EXPECT_THAT(ErrorOf("m.bad"), HasSubstr("there is no file"));
  AdapterFile("missing");
  EXPECT_TRUE(Acquire(*bad));
}

TEST_F(HostsAdaptersTest, MemoryCountsTheBaseOnceAndEachFileOfAnAdapterOnce) {
  options_.memory_bytes_max = 1'450;
  const auto base = Local("", "m.base");  // 1,000
  const std::string file = AdapterFile("one", std::string(100, 'x'));
  const auto one = With(base, "m.one", file);
  const auto half = With(base, "m.half", file, 0.5);
  const auto other = With(base, "m.other", AdapterFile("other", std::string(200, 'x')));
  hosts().StopUnused({base, one, half, other});
  ASSERT_TRUE(Acquire(*half));
  EXPECT_EQ(Status().held_bytes, 1'300u);
}

TEST_F(HostsAdaptersTest, AnAdapterForWhichThereIsNoMemoryIsLeftOut) {
  options_.memory_bytes_max = 1'250;
  const auto base = Local("", "m.base");  // 1,000
  const auto one = With(base, "m.one", AdapterFile("one", std::string(200, 'x')));
  hosts().StopUnused({base, one});
  ASSERT_TRUE(Acquire(*one));
  const auto more = With(base, "m.more", AdapterFile("more", std::string(100, 'x')));
  hosts().StopUnused({base, one, more});
  const auto refused = Acquire(*more);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kModelError);
  EXPECT_THAT(ErrorOf("m.more"), HasSubstr("does not fit into the memory"));
  const auto server = Acquire(*one);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(*Acquire(*base), *server);
  EXPECT_EQ(Status().held_bytes, 1'200u);
}

TEST_F(HostsAdaptersTest, TheBaseComesBackAloneWhereItTookMoreWithItsAdapters) {
  options_.memory_bytes_max = 50'000;
  const auto base = Local("", "m.base");  // 1,000, and its process is measured to take more
  const auto one = With(base, "m.one", AdapterFile("one", std::string(40'000, 'x')));
  hosts().StopUnused({base, one});
  ASSERT_TRUE(Acquire(*one));
  hosts().Tend();
  EXPECT_GT(Status().held_bytes, 100'000u);
  Unload({base, one});
  const auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(Status().held_bytes, 1'000u);
  EXPECT_THAT(ErrorOf("m.one"), HasSubstr("does not fit into the memory"));
}

TEST_F(HostsAdaptersTest, AnAdapterIsBackWhenThereIsMemoryForItAgain) {
  constexpr uint64_t kBudget = 1'000'000'000;
  constexpr uint64_t kAdapter = 1'000'000;
  options_.memory_bytes_max = kBudget;
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one", std::string(kAdapter, 'x')));
  const auto two = With(base, "m.two", AdapterFile("two", std::string(kAdapter, 'x')));
  hosts().StopUnused({base, one, two});
  ASSERT_TRUE(Acquire(*base));
  hosts().Tend();
  const uint64_t measured = Status().held_bytes;
  ASSERT_GT(measured, 2 * kAdapter + 1'000);
  // Beside this one there is room for all but one of the adapters.
  const auto other = Local("weights=" + std::to_string(kBudget - measured + kAdapter / 2), "m.zzz");
  Unload({base, one, two, other});
  hosts().Pin({other});
  ASSERT_TRUE(Acquire(*other));
  auto server = Acquire(*base);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(Status().held_bytes, measured - kAdapter);
  ASSERT_THAT((*server)->adapters, SizeIs(1));
  const auto left_out = ErrorOf("m.one").empty() ? two : one;
  EXPECT_EQ(Acquire(*left_out).error().fault, Fault::kModelError);
  EXPECT_FALSE((*server)->gone);
  hosts().Pin({});
  // The engine is busy as long as someone holds it.
  auto again = std::async(std::launch::async, [&] { return Acquire(*left_out); });
  EXPECT_EQ(again.wait_for(300ms), std::future_status::timeout);
  server->reset();
  const auto whole = again.get();
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_THAT((*whole)->adapters, SizeIs(2));
  EXPECT_EQ(ErrorOf(left_out->facts.id), "");
}

TEST_F(HostsAdaptersTest, AnAdapterThatComesWhileTheEngineWaitsForMemoryIsThereAtItsStart) {
  options_.memory_bytes_max = 1'500;
  const auto base = Local("", "m.base");  // 1,000
  const auto other = Local("", "m.zzz");
  hosts().StopUnused({base, other});
  auto holding = Acquire(*other);
  ASSERT_TRUE(holding);
  // Sockets are numbered as engines are started.
  const auto number = [&] { return std::stoi(Sockets().at(0).substr(7)); };
  const int first = number();
  auto waiting = std::async(std::launch::async, [&] { return Acquire(*base); });
  ASSERT_TRUE(Eventually([&] { return Status().state == "waiting"; }));
  const auto one = With(base, "m.one", AdapterFile("one", std::string(100, 'x')));
  hosts().StopUnused({base, other, one});
  holding->reset();
  const auto server = waiting.get();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->adapters, SizeIs(1));
  EXPECT_EQ(*Acquire(*one), *server);
  EXPECT_EQ(number(), first + 1);
  EXPECT_EQ(Status().held_bytes, 1'100u);
}

TEST_F(HostsAdaptersTest, AnEngineThatIsKilledComesBackWithItsAdapters) {
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  const auto first = Acquire(*one);
  ASSERT_TRUE(first);
  kill(Status().pid, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return (*first)->gone.load(); }));
  const auto second = Acquire(*one);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_THAT((*second)->adapters,
              ElementsAre(EngineModelName(std::get<LocalWeights>(one->binding))));
}

TEST_F(HostsAdaptersTest, AnEngineIsAskedWhatItServesUntilItTells) {
  const auto base = Local("mute=2", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  hosts().StopUnused({base, one});
  const auto server = Acquire(*one);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->adapters, SizeIs(1));
  EXPECT_EQ(ErrorOf("m.one"), "");
}

TEST_F(HostsAdaptersTest, UnloadsTheEngineOfAdaptersThatNoModelHas) {
  const auto base = Local("", "m.base");
  const auto one = With(base, "m.one", AdapterFile("one"));
  hosts().StopUnused({one});
  ASSERT_TRUE(Acquire(*one));
  EXPECT_EQ(Status().model_id, "m.one");
  hosts().StopUnused({});
  EXPECT_TRUE(Eventually([&] { return Status().state == "stopped"; }));
}

}  // namespace
}  // namespace bedplate::models
