#include "models/hosting/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Verdict = MemoryPlan::Verdict;

Holder Idle(uint64_t bytes, int used) {
  return {.bytes = bytes, .last_used = MonotonicTime(std::chrono::seconds(used))};
}
Holder Busy(uint64_t bytes) { return {.bytes = bytes, .busy = true}; }
Holder Pinned(uint64_t bytes) { return {.bytes = bytes, .pinned = true}; }

MemoryPlan Plan(std::vector<Holder> holders, std::vector<Room> rooms) {
  return PlanMemory(100, holders, rooms);
}

TEST(MemoryPlan, EntersWhereThereIsRoom) {
  const MemoryPlan plan = Plan({Idle(30, 1), Busy(30)}, {{.context_cells = 8, .bytes = 40}});
  EXPECT_EQ(plan.verdict, Verdict::kEnter);
  EXPECT_EQ(plan.room.context_cells, 8);
  EXPECT_THAT(plan.leaving, IsEmpty());
}

TEST(MemoryPlan, TheOneNotUsedForLongestLeavesAndNoMoreThanMust) {
  const MemoryPlan plan = Plan({Idle(30, 9), Idle(30, 2), Idle(30, 5)}, {{.bytes = 60}});
  EXPECT_EQ(plan.verdict, Verdict::kEnter);
  EXPECT_THAT(plan.leaving, ElementsAre(1, 2));
  EXPECT_THAT(Plan({Idle(30, 9), Idle(30, 2), Idle(30, 5)}, {{.bytes = 40}}).leaving,
              ElementsAre(1));
}

TEST(MemoryPlan, NoBusyModelLeavesAndNoneLeavesInVain) {
  const MemoryPlan plan = Plan({Busy(60), Idle(20, 1)}, {{.bytes = 50}});
  EXPECT_EQ(plan.verdict, Verdict::kWait);
  EXPECT_THAT(plan.leaving, IsEmpty());
}

TEST(MemoryPlan, WhatDoesNotFitBesidePinnedModelsNeverWill) {
  EXPECT_EQ(Plan({Pinned(60)}, {{.bytes = 50}}).verdict, Verdict::kNever);
  EXPECT_EQ(Plan({Pinned(60)}, {{.bytes = 40}}).verdict, Verdict::kEnter);
  EXPECT_EQ(Plan({}, {{.bytes = 101}}).verdict, Verdict::kNever);
  EXPECT_EQ(Plan({}, {{.bytes = 100}}).verdict, Verdict::kEnter);
  // What was measured may pass the budget: nothing is left then, and not a huge number.
  EXPECT_EQ(Plan({Pinned(130)}, {{.bytes = 1}}).verdict, Verdict::kNever);
  EXPECT_EQ(Plan({Busy(130)}, {{.bytes = 1}}).verdict, Verdict::kWait);
}

TEST(MemoryPlan, TakesTheBestRoomThatFitsAndSaysTheLeastThatDoesNot) {
  const std::vector<Room> rooms = {{.context_cells = 32, .bytes = 160},
                                   {.context_cells = 16, .bytes = 90},
                                   {.context_cells = 8, .bytes = 55}};
  EXPECT_EQ(Plan({}, rooms).room.context_cells, 16);
  // An idle model leaves rather than that the newcomer takes less.
  const MemoryPlan plan = Plan({Idle(40, 1)}, rooms);
  EXPECT_EQ(plan.room.context_cells, 16);
  EXPECT_THAT(plan.leaving, ElementsAre(0));
  EXPECT_EQ(Plan({Pinned(40)}, rooms).room.context_cells, 8);
  EXPECT_EQ(Plan({Pinned(50)}, rooms).verdict, Verdict::kNever);
  EXPECT_EQ(Plan({Pinned(50)}, rooms).room.bytes, 55u);
}

}  // namespace
}  // namespace bedplate::models
