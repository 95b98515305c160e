// Database: transactions, damaged files, files of a newer program, and acknowledged writes after
// the writer was killed at any point.
#include "state/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <soci/soci.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "state/migrate.h"
#include "state/model_table.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

using testing::HasSubstr;

ModelRow Row(const std::string& id) {
  return {.account = "000000000001",
          .region = "us-east-1",
          .model_id = id,
          .kind = "gguf",
          .location = "/models/" + id,
          .upstream_model = "",
          .api_key_variable = "",
          .projector = "",
          .draft = "",
          .details = "{}",
          .created_at_ms = 1'700'000'000'000};
}

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<Database> Open() {
    auto opened = Database::Open(file_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  Error OpenError() {
    auto opened = Database::Open(file_);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "bedplate.db";
};

TEST_F(DatabaseTest, OnlyTheOwnerMayReadTheFiles) {
  const auto database = Open();
  ASSERT_TRUE(ModelTable(*database).Insert(Row("a")));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct stat status{};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << entry.path();
  }
}

TEST_F(DatabaseTest, ANewFileIsMadeByOneAndFoundWholeByAll) {
  constexpr int kOpeners = 8;
  std::vector<std::thread> openers;
  std::atomic<int> failures = 0;
  for (int i = 0; i < kOpeners; ++i) {
    openers.emplace_back([&, i] {
      const auto opened = Database::Open(file_);
      if (!opened || !ModelTable(**opened).Insert(Row(std::to_string(i)))) ++failures;
    });
  }
  for (auto& opener : openers) opener.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(ModelTable(*Open()).All()->size(), size_t{kOpeners});
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_TRUE(entry.path() == file_) << "left behind: " << entry.path();
  }
}

TEST_F(DatabaseTest, SaysWhyAFileCannotBeMade) {
  std::filesystem::remove(folder_.path());
  const Error error = OpenError();
  EXPECT_EQ(error.fault, Fault::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr(file_.string()));
  EXPECT_THAT(error.message, HasSubstr("No such file or directory"));
}

TEST_F(DatabaseTest, FailedWorkLeavesNothingBehind) {
  const auto database = Open();
  const auto failed = database->Write([](soci::session& session) -> Result<void> {
    session << "UPDATE revisions SET revision = 99";
    return Fail(Fault::kConflict, "no");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().fault, Fault::kConflict);
  const auto thrown = database->Write([](soci::session& session) -> Result<void> {
    session << "UPDATE revisions SET revision = 98";
    session << "UPDATE no_such_table SET x = 1";
    return {};
  });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().fault, Fault::kInternal);
  EXPECT_EQ(Revision(*database), 0);
  EXPECT_TRUE(ModelTable(*database).Insert(Row("after")));
}

TEST_F(DatabaseTest, ThreadsReadWhileOthersWrite) {
  const auto database = Open();
  constexpr int kRowsEach = 10;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < kRowsEach; ++i) {
        const auto id = "m" + std::to_string(writer) + "-" + std::to_string(i);
        if (!ModelTable(*database).Insert(Row(id))) ++failures;
      }
    });
  }
  for (int reader = 0; reader < 6; ++reader) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRowsEach; ++i) {
        if (!ModelTable(*database).All()) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(ModelTable(*database).All()->size(), 3u * kRowsEach);
  EXPECT_EQ(Revision(*database), 3 * kRowsEach);
}

TEST_F(DatabaseTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(file_) << std::string(8192, 'x');
  const Error error = OpenError();
  EXPECT_EQ(error.fault, Fault::kValidation);
  EXPECT_THAT(error.message, HasSubstr(file_.string()));
  EXPECT_THAT(error.message, HasSubstr("no Bedplate database"));
}

TEST_F(DatabaseTest, RefusesADamagedFile) {
  {
    const auto database = Open();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(ModelTable(*database).Insert(Row("model-" + std::to_string(i))));
    }
  }
  {
    std::fstream damage(file_, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096);
    damage << std::string(3 * 4096, '\x5a');
  }
  const Error error = OpenError();
  EXPECT_EQ(error.fault, Fault::kValidation);
  EXPECT_THAT(error.message, HasSubstr("is damaged"));
  EXPECT_THAT(error.message, HasSubstr("Restore it from a copy"));
}

TEST_F(DatabaseTest, RefusesAFileOfANewerProgram) {
  {
    const auto database = Open();
    ASSERT_TRUE(database->Write([](soci::session& session) -> Result<void> {
      session << "INSERT INTO schema_versions VALUES (9999, '9999_future', 0)";
      return {};
    }));
  }
  const Error error = OpenError();
  EXPECT_EQ(error.fault, Fault::kValidation);
  EXPECT_THAT(error.message, HasSubstr("newer Bedplate: its schema is version 9999"));
}

TEST_F(DatabaseTest, SaysWhyAFileCannotBeOpened) {
  file_ = folder_.path() / "missing" / "bedplate.db";
  const Error error = OpenError();
  EXPECT_EQ(error.fault, Fault::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("No such file or directory"));
}

TEST_F(DatabaseTest, MigrationsAreNumberedAndApplyOnce) {
  int expected = 0;
  for (const Migration& migration : AllMigrations()) EXPECT_EQ(migration.version, ++expected);
  const auto database = Open();
  std::vector<Migration> history(AllMigrations().begin(), AllMigrations().end());
  const int next = static_cast<int>(history.size()) + 1;
  history.push_back({next, "next", "CREATE TABLE t (x);\n"});
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(database->Write([&](soci::session& session) { return Migrate(session, history); }));
  }
  history.push_back({next + 1, "broken", "CREATE TABLE u (x);\nCREATE TABLE u (x);\n"});
  EXPECT_FALSE(database->Write([&](soci::session& session) { return Migrate(session, history); }));
  long long version = 0;
  ASSERT_TRUE(database->Read([&](soci::session& session) -> Result<void> {
    session << "SELECT MAX(version) FROM schema_versions", soci::into(version);
    return {};
  }));
  EXPECT_EQ(version, next);
}

// The child: inserts rows one after another and tells of each one that was acknowledged.
[[noreturn]] void InsertUntilKilled(const std::filesystem::path& file, int round, int pipe) {
  auto database = Database::Open(file);
  if (!database) _exit(3);
  for (int i = 0;; ++i) {
    const int number = round * 1'000'000 + i;
    if (const auto inserted = ModelTable(**database).Insert(Row(std::to_string(number)));
        !inserted) {
      if (inserted.error().fault != Fault::kQuota) _exit(4);
      pause();  // a fast disk: as many as there can be
    }
    if (write(pipe, &number, sizeof(number)) != sizeof(number)) _exit(5);
  }
}

TEST_F(DatabaseTest, KeepsWhatItAcknowledgedWhenTheWriterIsKilled) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Open();
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 25; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) InsertUntilKilled(file_, round, pipe[1]);
    close(pipe[1]);
    // From before the first write to far into the stream of them.
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution(0, 60'000)(random)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int number = 0;
    while (read(pipe[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged.push_back(std::to_string(number));
    }
    close(pipe[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);

    const auto database = Open();
    ASSERT_NE(database, nullptr);
    const auto rows = ModelTable(*database).All();
    ASSERT_TRUE(rows);
    std::set<std::string> found;
    for (const ModelRow& row : *rows) found.insert(row.model_id);
    for (const auto& id : acknowledged) ASSERT_TRUE(found.contains(id)) << "lost row " << id;
    // A row and its count are one transaction: never the one without the other.
    ASSERT_EQ(Revision(*database), static_cast<int64_t>(rows->size()));
    if (rows->size() > 700) {  // below the most there can be
      ASSERT_TRUE(database->Write([](soci::session& session) -> Result<void> {
        session << "DELETE FROM added_models";
        session << "UPDATE revisions SET revision = 0";
        return {};
      }));
      acknowledged.clear();
    }
  }
}

}  // namespace
}  // namespace bedplate::state
