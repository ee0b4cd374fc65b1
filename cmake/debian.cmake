# SPDX-License-Identifier: Apache-2.0
# cpack runs this on the files of each package: Debian has a place of its own for the licence, the
# changelog and zsh's functions, and has manual pages and changelogs compressed.
macro(compress file)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endmacro()

foreach(component IN ITEMS PION_TOOL PION_DEVELOPMENT)
  string(TOLOWER ${component} folder)
  set(share ${CPACK_TEMPORARY_DIRECTORY}/${folder}/usr/share)
  set(doc ${share}/doc/${CPACK_DEBIAN_${component}_PACKAGE_NAME})
  file(REMOVE_RECURSE ${share}/doc)
  file(WRITE ${doc}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pion

Files: *
Copyright: 2026 The authors of pion
License: Apache-2.0
 On Debian systems, the text of the Apache License, version 2.0, is in the file
 /usr/share/common-licenses/Apache-2.0.
")
  configure_file(${CPACK_PION_CHANGELOG} ${doc}/changelog COPYONLY)
  compress(${doc}/changelog)
endforeach()

set(share ${CPACK_TEMPORARY_DIRECTORY}/pion_tool/usr/share)
if(EXISTS ${share}/zsh)
  file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  compress(${share}/man/man1/pion.1)
endif()
