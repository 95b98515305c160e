#include "base/helper_program.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace bedplate {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BEDPLATE_SANITIZER_MAPS_ALL 1
#endif
#endif

void Limit(__rlimit_resource resource, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  setrlimit(resource, &limit);
}

}  // namespace

void LimitThisProcess(const HelperLimits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef BEDPLATE_SANITIZER_MAPS_ALL
  Limit(RLIMIT_AS, limits.memory_bytes);
#endif
  Limit(RLIMIT_CPU, limits.processor_s);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  Limit(RLIMIT_NOFILE, limits.open_files);
}

bool ReadInput(std::string& bytes) {
  char piece[64 << 10];
  while (true) {
    const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.append(piece, static_cast<size_t>(count));
  }
}

bool WriteOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

int Say(int status, std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  return status;
}

}  // namespace bedplate
