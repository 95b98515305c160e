// Memory that weights take although they were copied elsewhere.
#pragma once

#include "base/result.h"

namespace bedplate::engine {

// While a model is loaded, and once it is: takes the pages of every file that is mapped shared and
// only to be read (llama.cpp maps the weights so) out of this process. llama.cpp reads all of the
// file in at loading, and keeps it mapped; what our products have laid out anew is never looked at
// there again. The contents stay the file's: a page that is still used comes back at its next use,
// from the system's cache. kUnavailable when /proc does not say what is mapped. Thread-safe.
Result<void> ReleaseMappedFiles();

}  // namespace bedplate::engine
