// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pion_tool/io/file.hpp"

namespace pion::io {

/// A file in a zip archive, as the archive's directory describes it.
struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t stored = 0;  ///< Bytes in the archive.
  std::uint64_t size = 0;    ///< Bytes of the file.
  std::uint64_t header = 0;  ///< Where its own header begins.
  std::uint64_t begin = 0;   ///< Where its bytes begin.
};

/// Reads the directory of a zip archive, zip64 too (APPNOTE of PKWARE, 6.3). The entries are in the
/// order in which they lie in the archive.
/// \throws Error where the archive is cut off or its directory wrong; where a name leads out of the
///         archive or into a folder, or stands there twice; where entries overlap, are encrypted,
///         or claim to hold more than arrays do (a zip bomb): more than deflated data can, or over
///         1 GiB in less than a hundredth of it.
std::vector<ZipEntry> read_zip_directory(const Source& source);

/// Whether this program can read deflated entries: it is built with zlib.
bool can_inflate();

/// Reads the first `count` bytes of an entry's file. Reads of the whole file check its CRC.
/// \throws Error where the bytes are no deflated data, or of another file.
std::string read_zip_entry(const Source& source, const ZipEntry& entry, std::uint64_t count);

}  // namespace pion::io
