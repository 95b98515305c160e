# bedplate_precompile(TARGET KIND): TARGET parses the headers of cmake/precompiled once, with all
# other targets of its KIND: `code`, `fuzzed` (watched by libFuzzer) or `tests`. Each kind is one set of
# compiler options, since a precompiled header is good for the options it was made with only.
# Whether files name what they use is clang-tidy's to see, which reads them without.

# ccache takes part only when nothing in a precompiled header says when it was made.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>" -pthread)

function(bedplate_precompile target kind)
  target_precompile_headers(${target} REUSE_FROM bedplate_precompiled_${kind})
endfunction()
