// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pion::io {

/// The path that a text in UTF-8 names. (A path made of the text itself is another one on Windows.)
inline std::filesystem::path path_of(std::string_view text) {
#ifdef __cpp_char8_t  // from C++20 on, where u8path() is deprecated
  return std::filesystem::path(std::u8string(text.begin(), text.end()));
#else
  return std::filesystem::u8path(text.begin(), text.end());
#endif
}

/// The path as a text in UTF-8.
inline std::string text_of(const std::filesystem::path& path) {
  const auto text = path.u8string();  // from C++20 on, of char8_t
  return {text.begin(), text.end()};
}

/// The place that a path leads to: symbolic links are followed, the last one too where it leads to
/// a file that does not exist yet.
std::filesystem::path resolved(const std::filesystem::path& path);

/// Whether two paths lead to one file: to the same inode where both exist, else to the same
/// resolved() path. A device such as /dev/null or a terminal is nobody's file, and the same as
/// none.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Whether the path leads to something that takes bytes and keeps none: a pipe, a socket, a
/// terminal, /dev/null, or an open file under its name in /dev, whatever that is.
bool is_stream(const std::filesystem::path& path);

/// The number of the open file that a path such as /dev/stderr or /dev/fd/3 names.
std::optional<int> open_file_of(const std::filesystem::path& path);

/// Whether the path leads to the standard output of this program.
bool is_standard_output(const std::filesystem::path& path);

}  // namespace pion::io
