#include "models/hosting/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ChildProcessTest : public testing::Test {
 protected:
  // Runs a shell script to its end.
  void Run(std::string script) {
    Start(std::move(script));
    Finish();
  }
  void Finish() {
    while (exits_ == 0 && context_.run_one_for(std::chrono::seconds(20)) > 0) {
    }
  }
  void Start(std::string script) {
    auto process = ChildProcess::Start(
        context_.get_executor(),
        {.program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {"WHO=me"}},
        [this](std::string_view line) { lines_.emplace_back(line); }, [this] { ++exits_; });
    ASSERT_TRUE(process) << process.error().message;
    process_ = std::move(*process);
  }

  boost::asio::io_context context_;
  std::unique_ptr<ChildProcess> process_;
  std::vector<std::string> lines_;
  int exits_ = 0;
};

TEST_F(ChildProcessTest, GivesLinesAndTheExitCode) {
  Run("echo one; echo two >&2; printf three; exit 3");
  EXPECT_THAT(lines_, ElementsAre("one", "two", "three"));
  EXPECT_EQ(exits_, 1);
  EXPECT_TRUE(process_->exited());
  EXPECT_EQ(process_->ending(), "exit code 3");
}

TEST_F(ChildProcessTest, InheritsNothingButWhatItIsGiven) {
  int open_here = open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as a library might
  Run("echo $WHO:$HOME; ls /proc/self/fd | wc -l; cat");
  close(open_here);
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[0], "me:");
  EXPECT_LE(std::stoi(lines_[1]), 4);  // the three standard ones and the listed folder
}

TEST_F(ChildProcessTest, SeesASignal) {
  Start("sleep 60");
  process_->Signal(SIGKILL);
  Finish();
  EXPECT_EQ(exits_, 1);
  EXPECT_THAT(process_->ending(), HasSubstr("signal 9"));
  EXPECT_TRUE(process_->killed());
}

TEST_F(ChildProcessTest, TellsKillsFromFaultsOfTheChild) {
  for (const auto& [script, killed] :
       std::vector<std::pair<std::string, bool>>{{"kill -TERM $$", true},
                                                 {"kill -SEGV $$", false},
                                                 {"kill -ABRT $$", false},
                                                 {"exit 137", false}}) {
    exits_ = 0;
    Run(script);
    EXPECT_EQ(process_->killed(), killed) << script;
  }
}

TEST_F(ChildProcessTest, DoesNotWaitForGrandchildren) {
  Run("sleep 1000 & echo started $!");
  EXPECT_EQ(exits_, 1);
  ASSERT_EQ(lines_.size(), 1u);
  kill(std::stoi(lines_[0].substr(8)), SIGKILL);
}

TEST_F(ChildProcessTest, LeavesNoChildBehind) {
  Start("sleep 60");
  pid_t pid = process_->pid();
  process_.reset();
  EXPECT_NE(kill(pid, 0), 0);
  context_.run_for(std::chrono::seconds(20));
  EXPECT_EQ(exits_, 0);
}

TEST_F(ChildProcessTest, CutsEndlessLines) {
  Run("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end");
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[0].size(), 8192u);
  EXPECT_EQ(lines_[1], "end");
}

TEST_F(ChildProcessTest, KeepsTheOrderOfWhatItFindsAtTheEnd) {
  Start("printf '%04095d\\n%04095d\\nend\\n' 1 2");
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(process_->pid()), &ended, WEXITED | WNOWAIT), 0);
  Finish();  // output and exit are seen at once
  ASSERT_EQ(lines_.size(), 3u);
  EXPECT_TRUE(lines_[0].ends_with("01"));
  EXPECT_TRUE(lines_[1].ends_with("02"));
  EXPECT_EQ(lines_[2], "end");
}

TEST_F(ChildProcessTest, SaysWhenThereIsNoProgram) {
  auto process = ChildProcess::Start(
      context_.get_executor(), {.program = "/no/such/program", .arguments = {}, .environment = {}},
      nullptr, nullptr);
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().fault, Fault::kUnavailable);
  EXPECT_THAT(process.error().message,
              HasSubstr("/no/such/program can't be started: No such file"));
}

}  // namespace
}  // namespace bedplate::models
