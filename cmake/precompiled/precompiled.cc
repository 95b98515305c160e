// Compiled once for each set of options that precompiled headers are used with.
