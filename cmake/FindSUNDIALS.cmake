# CVODE and the few modules of SUNDIALS (6 or later) that gradient flow needs, linked statically where archives are installed: the command then
# loads no further library at start-up. Debian's package is built with MPI, but the serial modules need none of it.
#   SUNDIALS_FOUND, target SUNDIALS::CVODE
find_path(SUNDIALS_INCLUDE_DIR cvode/cvode.h)
set(SUNDIALS_LINK "")
set(SUNDIALS_VARIABLES SUNDIALS_INCLUDE_DIR)
foreach(module cvode nvecserial sunmatrixdense sunlinsoldense sunlinsolspgmr)
  find_library(SUNDIALS_${module}_LIBRARY NAMES libsundials_${module}.a sundials_${module})
  list(APPEND SUNDIALS_LINK ${SUNDIALS_${module}_LIBRARY})
  list(APPEND SUNDIALS_VARIABLES SUNDIALS_${module}_LIBRARY)
endforeach()
mark_as_advanced(${SUNDIALS_VARIABLES})
# From version 7 on the common part is a library of its own.
find_library(SUNDIALS_core_LIBRARY NAMES libsundials_core.a sundials_core)
mark_as_advanced(SUNDIALS_core_LIBRARY)
if(SUNDIALS_core_LIBRARY)
  list(APPEND SUNDIALS_LINK ${SUNDIALS_core_LIBRARY})
endif()

set(SUNDIALS_VERSION "")
if(EXISTS "${SUNDIALS_INCLUDE_DIR}/sundials/sundials_config.h")
  file(STRINGS "${SUNDIALS_INCLUDE_DIR}/sundials/sundials_config.h" line REGEX "define SUNDIALS_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" SUNDIALS_VERSION "${line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SUNDIALS REQUIRED_VARS ${SUNDIALS_VARIABLES} VERSION_VAR SUNDIALS_VERSION)
if(SUNDIALS_FOUND AND NOT TARGET SUNDIALS::CVODE)
  add_library(SUNDIALS::CVODE INTERFACE IMPORTED)
  set_target_properties(SUNDIALS::CVODE PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${SUNDIALS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${SUNDIALS_LINK};m")
endif()
