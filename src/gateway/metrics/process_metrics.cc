#include "gateway/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/metrics/exposition.h"

namespace bedplate::gateway {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void WriteMemory(Exposition& out) {
  std::ifstream statm("/proc/self/statm");
  uint64_t virtual_pages = 0;
  uint64_t resident_pages = 0;
  if (!(statm >> virtual_pages >> resident_pages)) return;
  const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  out.Family("process_resident_memory_bytes", "gauge", "Memory of the process that is in RAM.");
  out.Sample({}, resident_pages * page_bytes);
  out.Family("process_virtual_memory_bytes", "gauge", "Address space of the process.");
  out.Sample({}, virtual_pages * page_bytes);
}

void WriteProcessorTime(Exposition& out) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  out.Family("process_cpu_seconds_total", "counter", "Processor time, user and system.");
  out.Sample({}, Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
}

void WriteOpenFiles(Exposition& out) {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    ++count;
  }
  if (error) return;
  out.Family("process_open_fds", "gauge", "Open file descriptors.");
  out.Sample({}, count - 1);  // one of them was ours, to count
}

// The moment of the start, from ticks since boot and the moment of the boot.
void WriteStartTime(Exposition& out) {
  std::ifstream stat("/proc/self/stat");
  std::string text;
  std::getline(stat, text);
  const size_t name_end = text.rfind(')');  // the name in the second field may hold anything
  if (name_end == std::string::npos) return;
  uint64_t start_ticks = 0;
  constexpr int kFieldsBefore = 20;  // fields 3 to 21; the start is the 22nd
  size_t at = name_end + 1;
  for (int field = 1; field < kFieldsBefore && at != std::string::npos; ++field) {
    at = text.find(' ', at + 1);
  }
  if (at == std::string::npos) return;
  start_ticks = std::strtoull(text.c_str() + at, nullptr, 10);

  std::ifstream system_stat("/proc/stat");
  for (std::string word; system_stat >> word;) {
    uint64_t boot_s = 0;
    if (word != "btime" || !(system_stat >> boot_s)) continue;
    out.Family("process_start_time_seconds", "gauge", "When the process began, since 1970.");
    out.Sample({}, static_cast<double>(boot_s) + static_cast<double>(start_ticks) /
                                                     static_cast<double>(sysconf(_SC_CLK_TCK)));
    return;
  }
}

}  // namespace

void WriteProcessMetrics(Exposition& out) {
  WriteMemory(out);
  WriteProcessorTime(out);
  WriteOpenFiles(out);
  WriteStartTime(out);
}

}  // namespace bedplate::gateway
