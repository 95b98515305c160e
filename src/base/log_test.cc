#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "base/log_format.h"
#include "base/testing/temporary_folder.h"

namespace bedplate::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kTime{std::chrono::milliseconds{1'763'800'000'042}};

std::string Line(Format format, std::string_view message, std::vector<Field> fields) {
  std::string line;
  AppendLine({kTime, Level::kInfo, "test", message, fields}, format, line);
  return line;
}

TEST(AppendLine, WritesJsonForMachines) {
  EXPECT_EQ(Line(Format::kJson, "model loaded",
                 {{"model", "a \"b\""}, {"load_ms", 12}, {"ratio", 0.5}, {"warm", true}}),
            "{\"time\":\"2025-11-22T08:26:40.042Z\",\"level\":\"info\",\"module\":\"test\","
            "\"message\":\"model loaded\",\"model\":\"a \\\"b\\\"\",\"load_ms\":12,\"ratio\":0.5,"
            "\"warm\":true}\n");
}

TEST(AppendLine, WritesTextForPeople) {
  EXPECT_EQ(
      Line(Format::kText, "model loaded", {{"model", "a b"}, {"path", "/x"}, {"none", ""}}),
      "2025-11-22 08:26:40.042Z info    test: model loaded model=\"a b\" path=/x none=\"\"\n");
}

TEST(AppendLine, KeepsOneEventOneLineWhateverComesFromOutside) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line =
        Line(format, "m", {{"evil", "a\nb\r\x1b[31m\x7f\xff\xc0\xaf\xed\xa0\x80"}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\xff")));
    EXPECT_THAT(line, HasSubstr("a\\nb\\u000d\\u001b[31m\\u007f\\ufffd\\ufffd\\ufffd\\ufffd"));
  }
  EXPECT_THAT(Line(Format::kJson, "m", {{"text", "Größe 😀"}}), HasSubstr("\"Größe 😀\""));
  EXPECT_THAT(Line(Format::kJson, "m", {{"x", std::nan("")}}), HasSubstr("\"x\":\"nan\""));
}

TEST(AppendLine, NeverWritesASecret) {
  for (const Format format : {Format::kText, Format::kJson}) {
    const std::string line = Line(format, "m", {{"key", Sensitive{"wJalrXUtnFEMI"}}});
    EXPECT_THAT(line, Not(HasSubstr("wJal")));
    EXPECT_THAT(line, HasSubstr("redacted:13"));
  }
}

TEST(AppendLine, BoundsTheLine) {
  const std::string large(limits::kLogLineBytesMax, 'x');
  const std::string line = Line(Format::kJson, "m", {{"a", large}, {"b", 1}});
  EXPECT_LT(line.size(), 200u);
  EXPECT_THAT(line, HasSubstr("\"dropped_fields\":2"));
}

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    descriptor_ = open(file_.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_GE(descriptor_, 0);
  }
  void TearDown() override {
    Stop();
    Start({.level = Level::kInfo});
    Stop();
    close(descriptor_);
  }
  std::vector<std::string> Lines() const {
    std::ifstream stream(file_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  TemporaryFolder folder_;
  std::string file_ = (folder_.path() / "log").string();
  int descriptor_ = -1;
};

TEST_F(LogFileTest, WritesEveryLineOfEveryThread) {
  Start({.level = Level::kInfo, .format = Format::kJson, .file_descriptor = descriptor_});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) Info("test", "line", {{"thread", t}, {"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();
  Stop();
  const auto lines = Lines();
  EXPECT_EQ(lines.size(), 2'000u);
  for (const auto& line : lines) EXPECT_THAT(line, EndsWith("}"));
}

TEST_F(LogFileTest, LeavesOutWhatIsLessImportant) {
  Start({.level = Level::kWarning, .format = Format::kText, .file_descriptor = descriptor_});
  Debug("test", "no");
  Info("test", "no");
  Warning("test", "yes");
  Error("test", "yes");
  Stop();
  EXPECT_EQ(Lines().size(), 2u);
}

TEST(LogPipe, NeverWaitsForASlowReaderAndSaysWhatWasDropped) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  Start({.level = Level::kInfo, .format = Format::kText, .file_descriptor = pipe[1]});
  // Nobody reads: the pipe (64 KiB) and the buffer fill up, the caller goes on.
  const std::string payload(1000, 'x');
  const size_t sent = 3 * limits::kLogBufferBytesMax / payload.size();
  for (size_t i = 0; i < sent; ++i) Info("test", "line", {{"payload", payload}});
  // Read to the end: the line of the dropped ones may come while more is still to be written.
  std::thread stop([&pipe] {
    Stop();
    close(pipe[1]);
  });
  std::string got;
  std::string chunk(65536, '\0');
  for (ssize_t bytes = 0; (bytes = read(pipe[0], chunk.data(), chunk.size())) > 0;) {
    got.append(chunk, 0, static_cast<size_t>(bytes));
  }
  stop.join();
  close(pipe[0]);
  EXPECT_NE(got.find("dropped"), std::string::npos);
  const auto written = static_cast<size_t>(std::count(got.begin(), got.end(), '\n'));
  EXPECT_LT(written, sent);
}

}  // namespace
}  // namespace bedplate::log
