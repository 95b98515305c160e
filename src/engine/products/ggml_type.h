// The way into ggml: a buffer type of the processor's backend. llama.cpp's loader puts weights
// that the kernels multiply into buffers of this type, which lays them out in panels on the way;
// ggml then leaves the products with these weights to us.
#pragma once

#include <cstdint>

#include "engine/products/product.h"
#include "ggml-backend.h"

namespace bedplate::products {

// Adds our type to ggml's list, before all others. Once, before anything asked for the list (the
// loader does, and kernels::Install); false if it is too late or there is no processor's backend.
bool RegisterType();

// Weights that are loaded from now on are laid out for the kernel; nullptr: left to ggml. Those
// laid out before are computed with the kernel of now, which must not be nullptr then.
void UseKernel(const Kernel* kernel);

// Whether matrices of this type are taken, where their shape fits.
bool TakesType(ggml_type type);

ggml_backend_buffer_type_t PanelBufferType();

// Products computed since the start.
uint64_t NodesTaken();

}  // namespace bedplate::products
