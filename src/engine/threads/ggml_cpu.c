// ggml's own ggml-cpu.c, compiled with another way to wait (patient_wait.h) in place of the pause
// instruction of its spinning loops. Linked as an object, it is found before the same file of the
// static library. Nothing of it is changed otherwise.
#if defined(__x86_64__)
#include <immintrin.h>

#include "engine/threads/patient_wait.h"
#define _mm_pause BedplateWaitTurn
#endif

#include "ggml-cpu.c"
