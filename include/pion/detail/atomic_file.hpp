// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>  // std::size_t
#include <filesystem>
#include <stdexcept>  // std::runtime_error
#include <string>
#include <system_error>

#include <pion/detail/check.hpp>
#include <pion/detail/new_file.hpp>

/// Files that are replaced whole or not at all.
namespace pion::detail {

/// Writes a file beside its target under a name of its own, and renames it when it is complete.
///
/// Until commit() returns, the target is as it was; without commit(), and after an error, the
/// temporary is removed. A symbolic link is followed: its target is replaced. A file that is
/// replaced keeps its mode. Writers of one target do not meet: the last commit() stays. (Windows
/// replaces no file that is open elsewhere: there commit() waits for a second until it is not.)
/// Every member throws std::runtime_error "path: cannot be written: why".
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path) : path_(path), target_(path) {
    namespace fs = std::filesystem;
    std::error_code failed;
    for (int links = 0; fs::is_symlink(fs::symlink_status(target_, failed)); ++links) {
      if (links == 40) fail(error_of(ELOOP));
      const fs::path to = fs::read_symlink(target_, failed);
      if (failed) fail(failed);
      target_ = target_.parent_path() / to;  // or `to` alone, where that is absolute
    }
    const fs::file_status status = fs::status(target_, failed);
    const bool exists = fs::exists(status);
    if (fs::is_directory(status)) fail(error_of(EISDIR));
    if (exists && !fs::is_regular_file(status)) fail("it is not a regular file");
    if (exists && !NewFile::may_replace(target_)) fail(error_of(EACCES));

    static std::atomic<unsigned> counter{0};
    do {
      temporary_ = target_.parent_path() / (".pion-" + std::to_string(NewFile::process()) + "-" +
                                            std::to_string(++counter) + ".tmp");
      failed = file_.create(temporary_, exists ? &target_ : nullptr);
    } while (failed == std::errc::file_exists);
    if (failed) {
      temporary_.clear();
      fail(failed);
    }
  }
  ~AtomicFile() {
    file_.drop();  // some systems do not remove what is open
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t size) {
    const char* const bytes = static_cast<const char*>(data);
    if (buffer_.size() + size > buffer_size) flush();
    if (size > buffer_size) {
      put(bytes, size);
    } else {
      buffer_.append(bytes, size);
    }
  }

  void commit() {
    flush();
    if (const std::error_code failed = file_.close()) fail(failed);
    if (const std::error_code failed = NewFile::rename(temporary_, target_)) fail(failed);
    temporary_.clear();
    NewFile::sync_folder(target_.parent_path());
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t(1) << 16U;

  void put(const char* data, std::size_t size) {
    if (const std::error_code failed = file_.write(data, size)) fail(failed);
  }
  void flush() {
    put(buffer_.data(), buffer_.size());
    buffer_.clear();
  }
  [[noreturn]] void fail(const std::string& why) const {
    refuse<std::runtime_error>(path_ + ": cannot be written: " + why);
  }
  [[noreturn]] void fail(const std::error_code& code) const { fail(code.message()); }

  std::string path_;
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::string buffer_;
  NewFile file_;
};

}  // namespace pion::detail
