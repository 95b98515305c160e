#include "state/commit_queue.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::state {
namespace {

class CommitQueueTest : public testing::Test {
 protected:
  CommitQueueTest() {
    EXPECT_TRUE(database_->Write([](soci::session& session) -> Result<void> {
      session << "CREATE TABLE numbers (number INTEGER PRIMARY KEY)";
      return {};
    }));
  }
  static Result<void> Insert(soci::session& session, int number) {
    session << "INSERT INTO numbers VALUES (" << number << ")";
    return {};
  }
  int Count() {
    int count = 0;
    EXPECT_TRUE(database_->Read([&](soci::session& session) -> Result<void> {
      session << "SELECT COUNT(*) FROM numbers", soci::into(count);
      return {};
    }));
    return count;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  CommitQueue queue_{*database_};
};

TEST_F(CommitQueueTest, WritesOfManyThreadsAreAllThere) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kEach; ++i) {
          const auto done = queue_.Write(
              [&](soci::session& session) { return Insert(session, thread * kEach + i); });
          if (!done) ++failed;
        }
      });
    }
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Count(), kThreads * kEach);
}

TEST_F(CommitQueueTest, AFailureUndoesItsOwnAlone) {
  constexpr int kThreads = 8;
  constexpr int kEach = 40;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kEach; ++i) {
          const int number = thread * kEach + i;
          // Each second one finds after its insertion that it may not.
          const auto done = queue_.Write([&](soci::session& session) -> Result<void> {
            if (auto inserted = Insert(session, number); !inserted) return inserted;
            if (number % 2 == 1) return Fail(Fault::kConflict, "odd");
            return {};
          });
          EXPECT_EQ(done.has_value(), number % 2 == 0);
          if (!done && done.error().message == "odd") ++refused;
        }
      });
    }
  }
  EXPECT_EQ(refused, kThreads * kEach / 2);
  EXPECT_EQ(Count(), kThreads * kEach / 2);
}

TEST_F(CommitQueueTest, WhatBreaksTheDatabaseBreaksNoOther) {
  constexpr int kThreads = 8;
  std::atomic<int> done_well = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 20; ++i) {
          const auto done = queue_.Write([&](soci::session& session) -> Result<void> {
            if (thread == 0) {
              session << "INSERT INTO nowhere VALUES (1)";
              return {};
            }
            return Insert(session, thread * 100 + i);
          });
          EXPECT_EQ(done.has_value(), thread != 0);
          if (done) ++done_well;
        }
      });
    }
  }
  EXPECT_EQ(done_well, (kThreads - 1) * 20);
  EXPECT_EQ(Count(), done_well);
}

}  // namespace
}  // namespace bedplate::state
