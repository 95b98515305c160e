// What the programs share that read one thing which may mean harm, such as a document or an image:
// the server starts one for each with the thing on its input, and takes what it writes to its
// output (base/bounded_run.h). It works within limits of its own, opens no file and no connection,
// and when it dies only that one thing was not read.
//
// Threads: for the one thread of such a program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bedplate {

// What a helper program's exit status means beside 0.
inline constexpr int kExitUnreadable = 1;  // one line of the error output says why
inline constexpr int kExitUsage = 2;       // it was called wrongly
inline constexpr int kExitMissing = 3;     // another program that it needs is not there

struct HelperLimits {
  uint64_t memory_bytes;  // of addresses; not held to where a sanitizer needs them all
  uint64_t processor_s;
  uint64_t open_files;
};

// Holds this process to its limits from here on, and ends it when whoever started it ends.
void LimitThisProcess(const HelperLimits& limits);

// All of the input; false when it can't be read. std::bad_alloc where it is more than memory is
// left.
bool ReadInput(std::string& bytes);
// False when nobody reads it.
bool WriteOutput(std::string_view text);
// Writes a line to the error output; gives `status` back.
int Say(int status, std::string_view what);

}  // namespace bedplate
