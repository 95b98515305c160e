#include "app/processor_facts.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace bedplate::app {
namespace {

constexpr std::array<std::string_view, 8> kTold = {
    "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "sve"};

}  // namespace

ProcessorFacts ReadProcessorFacts() {
  ProcessorFacts facts;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) facts.threads = CPU_COUNT(&allowed);
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    if (facts.name.empty() && line.starts_with("model name")) facts.name = line.substr(colon + 2);
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    std::istringstream words(line.substr(colon + 2));
    for (std::string word; words >> word;) {
      if (std::ranges::find(kTold, word) != kTold.end()) facts.features.push_back(word);
    }
    break;  // one processor is like the other
  }
  return facts;
}

}  // namespace bedplate::app
