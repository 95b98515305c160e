// How a computing thread waits for the others: it spins for a moment, then sleeps in short naps.
//
// ggml's barriers spin without end. That is right while every thread has a processor: the wait is
// a few microseconds. When something else runs too (the server's own other threads, a client on
// the same machine, a neighbour), one computing thread sits in a run queue while another burns a
// processor waiting for it, for a whole time slice, at each of a few hundred barriers for each
// token. A waiter that sleeps gives its processor to the thread it waits for.
//
// For C and C++. Threads: each has a state of its own.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// In ticks of the time stamp counter, 2 to 4 a nanosecond.
#define BEDPLATE_SAME_WAIT_TICKS_MAX 4000u  // between two turns; longer: another wait began
#define BEDPLATE_SPIN_TICKS_MAX 100000u

struct BedplateWait {
  uint64_t begin_ticks;
  uint64_t last_ticks;
};
extern __thread struct BedplateWait bedplate_wait;

// Sleeps some tens of microseconds.
void BedplateNap(void);

// Called each time round a waiting loop, in place of a pause instruction.
static inline void BedplateWaitTurn(void) {
  __builtin_ia32_pause();
  const uint64_t now = __builtin_ia32_rdtsc();
  struct BedplateWait* wait = &bedplate_wait;
  if (now - wait->last_ticks > BEDPLATE_SAME_WAIT_TICKS_MAX) wait->begin_ticks = now;
  wait->last_ticks = now;
  if (now - wait->begin_ticks < BEDPLATE_SPIN_TICKS_MAX) return;
  BedplateNap();
  wait->last_ticks = __builtin_ia32_rdtsc();
}

#ifdef __cplusplus
}
#endif
#endif
