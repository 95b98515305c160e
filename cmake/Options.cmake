# Compiler options every module is built with.
set(BEDPLATE_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(BEDPLATE_FUZZ "Build the libFuzzer targets" OFF)

if(DEFINED ENV{BEDPLATE_CACHE})
  set(BEDPLATE_CACHE_DEFAULT $ENV{BEDPLATE_CACHE})
else()
  set(BEDPLATE_CACHE_DEFAULT $ENV{HOME}/.cache/bedplate)
endif()
set(BEDPLATE_CACHE ${BEDPLATE_CACHE_DEFAULT} CACHE PATH
    "Where tools/setup puts downloads, the Python environment, llama.cpp and models")

# With Asio's old interface in sight, functions that fill an error code return it as well, and every
# call looks like a forgotten result.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
add_compile_options(-Wall -Wextra -Wzero-as-null-pointer-constant -Wsuggest-override -Werror
                    -fno-omit-frame-pointer -fcolor-diagnostics)
add_link_options(-fuse-ld=lld-19)
if(BEDPLATE_SANITIZE)
  add_compile_options(-fsanitize=${BEDPLATE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BEDPLATE_SANITIZE})
endif()
# Test programs run for seconds; the optimiser would work on them for minutes.
set(BEDPLATE_TEST_OPTIONS -O0)

include_directories(${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/gen)
