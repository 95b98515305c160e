// Memory of ggml's buffers on the processor, straight from the system in whole pages.
//
// ggml takes its buffers from malloc and clears a KV cache by writing zeros over all of it, so a
// cache for 32,768 tokens is resident before the first token is in it. Pages of an anonymous
// mapping are zero until they are written, so clearing means giving them back: memory grows with
// what the cache holds. Large buffers are on huge pages where the system allows it, which saves
// misses of the address translation in what is read for every token.
#pragma once

#include <cstddef>

namespace bedplate::engine {

// Smaller buffers stay malloc's.
inline constexpr size_t kPageBufferBytesMin = size_t{4} << 20;

// Once, before a model is loaded: buffers of the processor's backend that are made from then on
// come from the system. llama.cpp's own code is not changed, its buffer type is. Not thread-safe.
void UsePageBuffers();

}  // namespace bedplate::engine
