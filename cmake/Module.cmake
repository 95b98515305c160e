# bedplate_module(NAME [DEPS module...] [LIBS library...] [TEST_LIBS library...])
#
# Makes the static library bedplate_NAME of every .cc below the calling folder (subfolders that
# have a CMakeLists.txt of their own excepted), and the test program NAME_test of every *_test.cc.
# DEPS are other modules, LIBS are outside libraries.
function(bedplate_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB_RECURSE nested CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(list_file IN LISTS nested)
    get_filename_component(folder ${list_file} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${folder}/")
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$|_fuzz\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  list(TRANSFORM ARG_DEPS PREPEND bedplate_ OUTPUT_VARIABLE dep_targets)
  if(sources)
    add_library(bedplate_${name} STATIC ${sources})
    target_link_libraries(bedplate_${name} PUBLIC ${dep_targets} ${ARG_LIBS})
  else()
    add_library(bedplate_${name} INTERFACE)
    target_link_libraries(bedplate_${name} INTERFACE ${dep_targets} ${ARG_LIBS})
  endif()
  if(tests)
    find_package(GTest REQUIRED)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE bedplate_${name} ${ARG_TEST_LIBS} GTest::gmock
                                               GTest::gtest GTest::gtest_main)
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
endfunction()
