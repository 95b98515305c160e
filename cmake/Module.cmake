# bedplate_module(NAME [FUZZED] [DEPS module...] [LIBS library...] [TEST_LIBS library...])
#
# Makes the static library bedplate_NAME of every .cc below the calling folder (subfolders that
# have a CMakeLists.txt of their own excepted), the test program NAME_test of every *_test.cc, and
# with BEDPLATE_FUZZ a libFuzzer program of each *_fuzz.cc, named as the file.
# DEPS are other modules, LIBS are outside libraries. FUZZED: libFuzzer watches which code of the
# module ran, so that it finds inputs that run more; that costs every build with BEDPLATE_FUZZ.
function(bedplate_module name)
  cmake_parse_arguments(ARG "FUZZED" "" "DEPS;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB_RECURSE nested CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(list_file IN LISTS nested)
    get_filename_component(folder ${list_file} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${folder}/")
  endforeach()
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$|_fuzz\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  list(TRANSFORM ARG_DEPS PREPEND bedplate_ OUTPUT_VARIABLE dep_targets)
  if(sources)
    add_library(bedplate_${name} STATIC ${sources})
    target_link_libraries(bedplate_${name} PUBLIC ${dep_targets} ${ARG_LIBS})
    if(BEDPLATE_FUZZ AND ARG_FUZZED)
      target_compile_options(bedplate_${name} PRIVATE -fsanitize=fuzzer-no-link)
      bedplate_precompile(bedplate_${name} fuzzed)
    else()
      bedplate_precompile(bedplate_${name} code)
    endif()
  else()
    add_library(bedplate_${name} INTERFACE)
    target_link_libraries(bedplate_${name} INTERFACE ${dep_targets} ${ARG_LIBS})
  endif()
  if(tests)
    find_package(GTest REQUIRED)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE bedplate_${name} ${ARG_TEST_LIBS} GTest::gmock
                                               GTest::gtest GTest::gtest_main)
    target_compile_options(${name}_test PRIVATE ${BEDPLATE_TEST_OPTIONS})
    bedplate_precompile(${name}_test tests)
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
  if(BEDPLATE_FUZZ)
    foreach(file IN LISTS fuzzers)
      bedplate_fuzzer(${file} bedplate_${name} ${ARG_TEST_LIBS})
    endforeach()
  endif()
endfunction()

set(BEDPLATE_FUZZ_SECONDS 10 CACHE STRING "How long the test of each fuzz target runs")
add_custom_target(fuzzers)

# The libFuzzer program of one NAME_fuzz.cc. Its test starts from the seeds in the folder
# NAME_fuzz_seeds beside the file, where there is one; what it finds on the way is kept in
# BEDPLATE_CACHE, so that each run goes on where the last one ended.
function(bedplate_fuzzer file)
  get_filename_component(target ${file} NAME_WE)
  get_filename_component(folder ${file} DIRECTORY)
  add_executable(${target} ${file})
  target_link_libraries(${target} PRIVATE ${ARGN})
  target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${target})
  set(corpus ${BEDPLATE_CACHE}/fuzz/${target})
  file(MAKE_DIRECTORY ${corpus})
  set(seeds)
  if(EXISTS ${folder}/${target}_seeds)
    set(seeds ${folder}/${target}_seeds)
  endif()
  add_test(NAME ${target}
           COMMAND ${target} -max_total_time=${BEDPLATE_FUZZ_SECONDS} -timeout=10
                   -rss_limit_mb=2048 -artifact_prefix=${CMAKE_BINARY_DIR}/${target}- ${corpus} ${seeds})
  set_tests_properties(${target} PROPERTIES TIMEOUT 600 LABELS fuzz)
endfunction()
