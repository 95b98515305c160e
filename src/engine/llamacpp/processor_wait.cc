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

// "<on a processor> <waiting for one> <times>", in nanoseconds.
uint64_t WaitedNanoseconds(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  uint64_t waited = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), waited);
  return waited;
}

}  // namespace

std::vector<pid_t> ThreadsOfProcess() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/task", error), end;
       !error && entry != end; entry.increment(error)) {
    threads.push_back(std::atoi(entry->path().filename().c_str()));
  }
  return threads;
}

ProcessorWait::~ProcessorWait() {
  for (const int file : files_) close(file);
}

void ProcessorWait::Add(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/schedstat";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) files_.push_back(file);
}

double ProcessorWait::Seconds() const {
  uint64_t waited = 0;
  for (const int file : files_) {
    std::array<char, 96> line;
    const ssize_t size = pread(file, line.data(), line.size(), 0);
    if (size > 0) waited += WaitedNanoseconds({line.data(), static_cast<size_t>(size)});
  }
  return static_cast<double>(waited) * kNanosecond;
}

}  // namespace bedplate::engine
