// Compares the kernel in use with ggml's own products, on small matrices of every format.
#pragma once

namespace bedplate::products {

// The type is registered and a kernel is in use. Takes about a millisecond.
bool AgreesWithGgml();

}  // namespace bedplate::products
