#include "engine/llamacpp/processor_wait.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace bedplate::engine {
namespace {

constexpr double kNanosecond = 1e-9;
constexpr double kMicrosecond = 1e-6;

// The number at the beginning of a text.
double NumberAt(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return static_cast<double>(number);
}

// The beginning of a small file of the kernel's, as it is now.
template <size_t kSize>
std::string_view ReadAgain(int file, std::array<char, kSize>& buffer) {
  const ssize_t size = file < 0 ? -1 : pread(file, buffer.data(), buffer.size(), 0);
  return {buffer.data(), size > 0 ? static_cast<size_t>(size) : 0};
}

}  // namespace

// "<on a processor> <waiting for one> <times>", in nanoseconds.
double WaitedSecondsIn(std::string_view schedstat) {
  const size_t space = schedstat.find(' ');
  if (space == std::string_view::npos) return 0;
  return kNanosecond * NumberAt(schedstat.substr(space + 1));
}

double ThrottledSecondsIn(std::string_view cpu_stat) {
  constexpr std::string_view kName = "throttled_usec ";
  const size_t at = cpu_stat.find(kName);
  if (at == std::string_view::npos) return 0;
  return kMicrosecond * NumberAt(cpu_stat.substr(at + kName.size()));
}

std::vector<pid_t> ThreadsOfProcess() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/task", error), end;
       !error && entry != end; entry.increment(error)) {
    threads.push_back(std::atoi(entry->path().filename().c_str()));
  }
  return threads;
}

ProcessorWait::ProcessorWait() : cpu_stat_(open("/sys/fs/cgroup/cpu.stat", O_RDONLY | O_CLOEXEC)) {}

ProcessorWait::~ProcessorWait() {
  for (const int file : files_) close(file);
  if (cpu_stat_ >= 0) close(cpu_stat_);
}

void ProcessorWait::Add(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/schedstat";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) files_.push_back(file);
}

double ProcessorWait::Seconds() const {
  double waited = 0;
  std::array<char, 96> line;
  for (const int file : files_) waited += WaitedSecondsIn(ReadAgain(file, line));
  std::array<char, 1024> stat;
  return waited - ThrottledSecondsIn(ReadAgain(cpu_stat_, stat));
}

}  // namespace bedplate::engine
