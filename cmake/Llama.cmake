# llama.cpp as imported targets. It is built once, outside of this tree, from the pinned source
# archive (scripts/ does that); nothing of it is compiled here.
#
#   llama::llama    the library and ggml, with the processor backend
#   llama::common   chat templates, tool-call parsers and JSON schema to grammar; nlohmann JSON
#   llama::mtmd     projectors: from images to rows of embeddings
#   llama::private  internal headers: of ggml's processor backend, for the attention kernels, and of
#                   the reader of grammars
#
# Headers are SYSTEM: their warnings are not ours.
set(BEDPLATE_LLAMA_SOURCE ${BEDPLATE_CACHE}/src/llama_cpp_python-0.3.36/vendor/llama.cpp CACHE PATH
    "Source folder of the pinned llama.cpp")
set(BEDPLATE_LLAMA_BUILD ${BEDPLATE_CACHE}/llama-build CACHE PATH
    "Folder with llama.cpp's static libraries")

if(NOT EXISTS ${BEDPLATE_LLAMA_BUILD}/common/libllama-common.a OR
   NOT EXISTS ${BEDPLATE_LLAMA_BUILD}/tools/mtmd/libmtmd.a)
  message(FATAL_ERROR "llama.cpp is not built in ${BEDPLATE_LLAMA_BUILD}: run scripts/serve or "
                      "scripts/test, which build it, or configure with -DBEDPLATE_ENGINE=OFF")
endif()

function(bedplate_import_llama target location)
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${BEDPLATE_LLAMA_BUILD}/${location})
endfunction()

bedplate_import_llama(llama::ggml-base ggml/src/libggml-base.a)
target_link_libraries(llama::ggml-base INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)

bedplate_import_llama(llama::ggml-cpu ggml/src/libggml-cpu.a)
target_link_libraries(llama::ggml-cpu INTERFACE llama::ggml-base)

bedplate_import_llama(llama::ggml ggml/src/libggml.a)
target_link_libraries(llama::ggml INTERFACE llama::ggml-cpu llama::ggml-base)

bedplate_import_llama(llama::llama src/libllama.a)
target_link_libraries(llama::llama INTERFACE llama::ggml)
target_include_directories(llama::llama SYSTEM INTERFACE ${BEDPLATE_LLAMA_SOURCE}/include
                                                         ${BEDPLATE_LLAMA_SOURCE}/ggml/include)

bedplate_import_llama(llama::httplib vendor/cpp-httplib/libcpp-httplib.a)
bedplate_import_llama(llama::hash vendor/hash/libvendor-hash.a)
bedplate_import_llama(llama::common-base common/libllama-common-base.a)
bedplate_import_llama(llama::common common/libllama-common.a)
target_link_libraries(llama::common INTERFACE llama::common-base llama::llama llama::httplib
                                              llama::hash)
target_include_directories(llama::common SYSTEM INTERFACE ${BEDPLATE_LLAMA_SOURCE}/common
                                                          ${BEDPLATE_LLAMA_SOURCE}/vendor)

bedplate_import_llama(llama::mtmd tools/mtmd/libmtmd.a)
target_link_libraries(llama::mtmd INTERFACE llama::llama llama::hash)
target_include_directories(llama::mtmd SYSTEM INTERFACE ${BEDPLATE_LLAMA_SOURCE}/tools/mtmd)

add_library(llama::private INTERFACE IMPORTED GLOBAL)
target_link_libraries(llama::private INTERFACE llama::llama)
target_include_directories(llama::private SYSTEM INTERFACE
                           ${BEDPLATE_LLAMA_SOURCE}/src
                           ${BEDPLATE_LLAMA_SOURCE}/ggml/src
                           ${BEDPLATE_LLAMA_SOURCE}/ggml/src/ggml-cpu)
