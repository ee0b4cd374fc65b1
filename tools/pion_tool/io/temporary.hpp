// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace pion::io {

/// Makes what interrupts a program (a signal, or the console on Windows) remove the temporary files
/// first, and then end it as it would have. Call it once, at the start of main().
void remove_temporaries_on_signals();

/// The name of a temporary file that is removed when this object ends, or when a signal ends the
/// program. The name is registered before the file exists, so that no moment is left in which a
/// signal would leave the file behind.
class Temporary {
 public:
  /// A name that no other file has: `.NAME.pion-RANDOM.tmp` beside the target.
  explicit Temporary(const std::filesystem::path& target);
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary();

  const std::filesystem::path& path() const { return path_; }
  void release();  ///< The file has got its final name, or is removed: it is nobody's concern now.

 private:
  std::filesystem::path path_;
  std::size_t slot_;
};

/// A folder under such a name, which is removed with its files when this object ends, or when a
/// signal ends the program. There is one at a time. A program that is killed outright leaves it.
class TemporaryTree {
 public:
  /// \param files  the names that its files will have.
  TemporaryTree(const std::filesystem::path& target, const std::vector<std::string>& files);
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree();

  const std::filesystem::path& path() const { return paths_.back(); }
  void release();  ///< The folder has got its final name.

 private:
  std::vector<std::filesystem::path> paths_;  // in the order in which they are to be removed
};

/// Removes the temporary files of `target` that a killed program has left. Removed is only a file
/// of this user that is older than a minute and that no living program holds locked.
void remove_stale_temporaries(const std::filesystem::path& target);

}  // namespace pion::io
