// Encoding the images of a prompt, for a coroutine on the reactor.
#pragma once

#include "base/result.h"
#include "engine/inference/generation.h"
#include "engine/inference/image_loop.h"
#include "net/task.h"

namespace bedplate::engine {

// Fills in `rows` of the generation's images, and takes their chunks. A coroutine that is cancelled
// gives the encoding up. kUnavailable when too many requests with images wait, or too many bytes of
// them, kModelError when the computation fails.
net::Task<Result<void>> EncodeImages(ImageLoop& loop, Generation& generation);

}  // namespace bedplate::engine
