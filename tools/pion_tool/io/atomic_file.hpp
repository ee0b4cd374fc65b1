// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/temporary.hpp"

namespace pion::io {

/// A file that appears whole or not at all. What is written goes to a temporary file beside the
/// target; `commit` puts it in the target's place. Without a successful `commit` the temporary is
/// removed and the target is as it was. Temporaries of the same target that a killed program has
/// left are removed first.
///
/// The target may be a pipe, a terminal or an open file (is_stream()): then the bytes are
/// kept in a file without a name, and `commit` passes them on.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  void open_beside();
  void open_unnamed();
  void pass_on();
  [[noreturn]] void fail(int code) const;
  [[noreturn]] void fail_to_keep(int code) const;

  std::filesystem::path path_;     // as the caller gave it, for messages
  std::filesystem::path target_;   // the file itself, where path_ is a symbolic link
  std::filesystem::path kept_in_;  // the folder of the file without a name, for a stream
  std::unique_ptr<Temporary> temporary_;
  Descriptor file_;
  bool stream_;
};

/// Throws why a file or a folder cannot be written, as the system's error code says.
/// \param path    as the caller gave it.
/// \param target  what it leads to.
[[noreturn]] void throw_unwritable(const std::filesystem::path& path,
                                   const std::filesystem::path& target, int code);

/// Sees to it that a file can be written there, before long work begins. \throws Error otherwise.
void require_writable(const std::filesystem::path& path);

/// Writes a text file atomically.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace pion::io
