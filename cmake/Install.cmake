# What `cmake --install` puts where: library, command, public headers, neuroalg.pc, licence and the man page.

# neuroalg.pc finds the prefix from its own place, so that an installed tree can be moved (and tests can install anywhere).
file(RELATIVE_PATH NEUROALG_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" NEUROALG_PC_PREFIX "${NEUROALG_PC_PREFIX}")
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/neuroalg.pc.in neuroalg.pc @ONLY)

# The command writes its own man page from the table of options that it parses with, so that the two agree.
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/neuroalg.1
  COMMAND neuroalg_cli --man > ${CMAKE_CURRENT_BINARY_DIR}/neuroalg.1
  DEPENDS neuroalg_cli VERBATIM)
add_custom_target(neuroalg_man ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/neuroalg.1)

install(TARGETS neuroalg neuroalg_cli)
install(DIRECTORY include/neuroalg DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/neuroalg.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/neuroalg.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
