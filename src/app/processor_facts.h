// What this machine computes with.
#pragma once

#include <string>
#include <vector>

namespace bedplate::app {

struct ProcessorFacts {
  std::string name;                   // as the processor calls itself; empty where it does not
  int threads = 0;                    // that this process may use
  std::vector<std::string> features;  // of those that speed models up: "avx2", "avx512f", ...
};

// spec: proc(5), /proc/cpuinfo
ProcessorFacts ReadProcessorFacts();

}  // namespace bedplate::app
