# The reader of ONNX files: protobuf-c on the onnx.proto that Debian's libonnx-dev (or python3-onnx) installs. Without them the library is
# built all the same and says that it reads no ONNX files.
pkg_check_modules(PROTOBUF_C IMPORTED_TARGET libprotobuf-c)
find_program(PROTOC_C NAMES protoc-c)
find_path(ONNX_PROTO_FOLDER onnx.proto PATHS /usr/include/onnx /usr/lib/python3/dist-packages/onnx PATH_SUFFIXES onnx)

function(neuroalg_read_onnx target)
  if(NOT PROTOBUF_C_FOUND OR NOT PROTOC_C OR NOT ONNX_PROTO_FOLDER)
    message(STATUS "protobuf-c or onnx.proto was not found: this build reads no ONNX files")
    return()
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/onnx)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${folder}/onnx.pb-c.c ${folder}/onnx.pb-c.h
    COMMAND ${PROTOC_C} --proto_path=${ONNX_PROTO_FOLDER} --c_out=${folder} onnx.proto
    DEPENDS ${ONNX_PROTO_FOLDER}/onnx.proto VERBATIM)
  set_source_files_properties(${folder}/onnx.pb-c.c PROPERTIES COMPILE_OPTIONS -w) # generated: no warnings of ours
  target_sources(${target} PRIVATE ${folder}/onnx.pb-c.c ${folder}/onnx.pb-c.h)
  target_include_directories(${target} SYSTEM PUBLIC ${folder})
  target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUF_C)
  target_compile_definitions(${target} PUBLIC NEUROALG_ONNX)
endfunction()
