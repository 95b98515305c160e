// ProcessorWait: how long threads of this process were ready to run and had no processor.
//
// From the kernel's own count, /proc/<pid>/task/<tid>/schedstat. Where there is none, it is 0.
// What a container waits for its next quota of processor time is left out: it comes to all threads
// alike, and fewer of them would not spare it.
// Not thread-safe.
// spec: Linux Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat";
// Documentation/admin-guide/cgroup-v2.rst, cpu.stat
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

namespace bedplate::engine {

// Of the text of schedstat and of cpu.stat; 0 where it does not say.
double WaitedSecondsIn(std::string_view schedstat);
double ThrottledSecondsIn(std::string_view cpu_stat);

// Of this process; empty where /proc is not there.
std::vector<pid_t> ThreadsOfProcess();

class ProcessorWait {
 public:
  ProcessorWait();
  ProcessorWait(const ProcessorWait&) = delete;
  ProcessorWait& operator=(const ProcessorWait&) = delete;
  ~ProcessorWait();

  // A thread of this process, of which there may be others.
  void Add(pid_t thread);

  // Seconds since the threads began, summed up. Only differences mean something.
  double Seconds() const;

 private:
  std::vector<int> files_;
  int cpu_stat_;  // of the control group; negative: none
};

}  // namespace bedplate::engine
