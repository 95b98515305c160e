// The hook into ggml's CPU backend: before it computes a node itself, ggml asks a list of "extra
// buffer types" whether one of them does. Ours owns no buffers and answers for attention alone.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernels/attention.h"
#include "engine/kernels/forms.h"
#include "ggml.h"

namespace bedplate::kernels {

// The node as an Attention, or nothing if it is not one that the kernels compute.
std::optional<Attention> AttentionOf(const ggml_tensor* node);

// Adds ours to ggml's list, once; until UseKernel it takes nothing. False if ggml's CPU backend is
// not there.
bool RegisterHook();

// The kernel for all nodes that ask for no other forms than these from now on, nullptr for ggml's
// own. Not while ggml computes.
void UseKernel(const Kernel* kernel, Forms forms = Forms::All());

// CutFor of install.h.
void CutForThreads(int threads);

// Since the start, by all threads. With engine/threads linked a mask is looked at once for all
// nodes of a computation that have it, without once for each.
uint64_t NodesTaken();
uint64_t MasksLookedAt();

}  // namespace bedplate::kernels
