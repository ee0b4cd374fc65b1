// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t
#include <filesystem>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fcntl.h>
#include <io.h>
#include <process.h>

#include <algorithm>  // std::min
#include <chrono>
#include <thread>
#endif

/// How a new file is written and put in its place, on POSIX and on Windows.
namespace pion::detail {

inline std::error_code error_of(int code) { return {code, std::generic_category()}; }

#if defined(__unix__) || defined(__APPLE__)

/// A file that did not exist before, by the calls of POSIX.
class NewFile {
 public:
  NewFile() = default;
  ~NewFile() { drop(); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// A number that no other process of this machine has.
  static unsigned long process() { return static_cast<unsigned long>(::getpid()); }

  static bool may_replace(const std::filesystem::path& path) {
    return ::access(path.c_str(), W_OK) == 0;
  }

  /// \param like  a file whose mode it gets, or null.
  std::error_code create(const std::filesystem::path& path, const std::filesystem::path* like) {
    struct stat old = {};
    if (like != nullptr && ::stat(like->c_str(), &old) != 0) return error_of(errno);
    const mode_t mode = like != nullptr ? old.st_mode & 0777U : 0666U;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor_ < 0) return error_of(errno);
    // What the umask has taken away; where this fails, the file is less open than it was.
    if (like != nullptr) static_cast<void>(::fchmod(descriptor_, mode) == 0);
    return {};
  }

  /// A file-size limit (ulimit -f) is an error, found before the system would send SIGXFSZ.
  std::error_code write(const char* data, std::size_t size) {
    struct rlimit limit = {};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        written_ + size > limit.rlim_cur) {
      return error_of(EFBIG);
    }
    while (size > 0) {
      const ssize_t put = ::write(descriptor_, data, size);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return error_of(errno);
      data += put;
      size -= static_cast<std::size_t>(put);
      written_ += static_cast<std::uint64_t>(put);
    }
    return {};
  }

  /// Waits until the disk has the file.
  std::error_code close() {
    if (::fsync(descriptor_) != 0) return error_of(errno);
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return ::close(descriptor) == 0 ? std::error_code() : error_of(errno);
  }

  void drop() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  static std::error_code rename(const std::filesystem::path& from,
                                const std::filesystem::path& to) {
    std::error_code failed;
    std::filesystem::rename(from, to, failed);
    return failed;
  }

  /// Waits until the disk has a folder's new names, where its file system can say so.
  static void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    static_cast<void>(::fsync(descriptor) == 0);
    ::close(descriptor);
  }

 private:
  int descriptor_ = -1;
  std::uint64_t written_ = 0;
};

#else

/// The same by the calls of Windows' C library, which cannot wait for a folder's names.
class NewFile {
 public:
  NewFile() = default;
  ~NewFile() { drop(); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  static unsigned long process() { return static_cast<unsigned long>(::_getpid()); }

  static bool may_replace(const std::filesystem::path& path) {
    return ::_waccess(path.c_str(), 2) == 0;
  }

  /// A file has its rights from its folder there, and not from `like`.
  std::error_code create(const std::filesystem::path& path, const std::filesystem::path* /*like*/) {
    descriptor_ =
        ::_wopen(path.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, 0600);
    return descriptor_ < 0 ? error_of(errno) : std::error_code();
  }

  std::error_code write(const char* data, std::size_t size) {
    while (size > 0) {
      const auto part = static_cast<unsigned>((std::min)(size, std::size_t(1) << 30U));
      const int put = ::_write(descriptor_, data, part);
      if (put < 0) return error_of(errno);
      data += put;
      size -= static_cast<std::size_t>(put);
    }
    return {};
  }

  std::error_code close() {
    if (::_commit(descriptor_) != 0) return error_of(errno);
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return ::_close(descriptor) == 0 ? std::error_code() : error_of(errno);
  }

  void drop() {
    if (descriptor_ >= 0) ::_close(descriptor_);
    descriptor_ = -1;
  }

  static std::error_code rename(const std::filesystem::path& from,
                                const std::filesystem::path& to) {
    std::error_code failed;
    for (int tries = 0; tries < 100; ++tries) {
      std::filesystem::rename(from, to, failed);
      if (failed != std::errc::permission_denied) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return failed;
  }

  static void sync_folder(const std::filesystem::path& /*folder*/) {}

 private:
  int descriptor_ = -1;
};

#endif

}  // namespace pion::detail
