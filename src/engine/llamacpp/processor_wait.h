// ProcessorWait: how long threads of this process were ready to run and had no processor.
//
// From the kernel's own count, /proc/<pid>/task/<tid>/schedstat. Where there is none, it is 0.
// Not thread-safe.
// spec: Linux Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat"
#pragma once

#include <sys/types.h>

#include <vector>

namespace bedplate::engine {

// Of this process; empty where /proc is not there.
std::vector<pid_t> ThreadsOfProcess();

class ProcessorWait {
 public:
  ProcessorWait() = default;
  ProcessorWait(const ProcessorWait&) = delete;
  ProcessorWait& operator=(const ProcessorWait&) = delete;
  ~ProcessorWait();

  // A thread of this process, of which there may be others.
  void Add(pid_t thread);

  // Seconds since the threads began, summed up.
  double Seconds() const;

 private:
  std::vector<int> files_;
};

}  // namespace bedplate::engine
