#include "engine/threads/patient_wait.h"

#include <sys/prctl.h>
#include <time.h>

#if defined(__x86_64__)

__thread BedplateWait bedplate_wait;

void BedplateNap() {
  // Linux rounds sleeps up by 50 microseconds unless a thread asks for better.
  static thread_local bool slack_set = false;
  if (!slack_set) {
    slack_set = true;
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  }
  const timespec nap = {.tv_sec = 0, .tv_nsec = 20'000};
  nanosleep(&nap, nullptr);
}

#endif
