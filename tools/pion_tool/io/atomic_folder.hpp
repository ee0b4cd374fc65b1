// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pion_tool/io/temporary.hpp"

namespace pion::io {

/// A folder that appears with all of its files or not at all: they are written beside the target,
/// and `commit` gives the folder its name. Without a successful `commit` all of it is removed.
class AtomicFolder {
 public:
  /// \param path   where no file is, and no folder but an empty one.
  /// \param files  the names that its files will have.
  /// \throws Error otherwise, or if nothing can be written there.
  AtomicFolder(const std::filesystem::path& path, const std::vector<std::string>& files);

  /// Where a file is to be written, by a writer of its own.
  std::filesystem::path place_of(const std::filesystem::path& file) const {
    return temporary_.path() / file;
  }

  void commit();

 private:
  [[noreturn]] void fail(int code) const;

  std::filesystem::path path_;    // as the caller gave it, for messages
  std::filesystem::path target_;  // without links, and without a slash at its end
  TemporaryTree temporary_;
};

}  // namespace pion::io
