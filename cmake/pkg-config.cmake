# SPDX-License-Identifier: Apache-2.0
# pion.pc and pion-compiled.pc, for pkg-config. They find the prefix from where they lie, so that all
# of it can be moved. The standard, C++17 or later, is left to the user's own flags.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE to_prefix)
# (GNUInstallDirs gives absolute folders to who asks for them.)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}"
           OUTPUT_VARIABLE includedir)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE libdir)
configure_file(cmake/pion.pc.in pion.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pion.pc DESTINATION ${pc_dir} ${development})

if(TARGET pion_compiled)
  get_target_property(defines pion_compiled INTERFACE_COMPILE_DEFINITIONS)
  list(TRANSFORM defines PREPEND " -D")
  list(JOIN defines "" defines)
  # A shared library brings what it needs itself.
  set(needed_with_static "")
  get_target_property(kind pion_compiled TYPE)
  if(PION_ENABLE_OPENMP AND kind STREQUAL "STATIC_LIBRARY")
    list(TRANSFORM OpenMP_CXX_LIB_NAMES PREPEND " -l" OUTPUT_VARIABLE needed_with_static)
    list(JOIN needed_with_static "" needed_with_static)
  endif()
  configure_file(cmake/pion-compiled.pc.in pion-compiled.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pion-compiled.pc DESTINATION ${pc_dir} ${development})
endif()
