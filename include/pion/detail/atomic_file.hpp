// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint64_t
#include <filesystem>
#include <stdexcept>  // std::runtime_error
#include <string>
#include <system_error>

#include <pion/detail/check.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <cstdio>
#include <random>
#endif

/// Files that are replaced whole or not at all.
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

/// The same by the standard library alone, which can neither wait for the disk nor ask who may
/// write.
class NewFile {
 public:
  NewFile() = default;
  ~NewFile() { drop(); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  static unsigned long process() {
    static const unsigned long number = std::random_device()();
    return number;
  }

  static bool may_replace(const std::filesystem::path& /*path*/) { return true; }

  std::error_code create(const std::filesystem::path& path, const std::filesystem::path* like) {
    file_ = std::fopen(path.string().c_str(), "wbx");
    if (file_ == nullptr) return error_of(errno);
    std::error_code ignored;
    if (like != nullptr) {
      std::filesystem::permissions(path, std::filesystem::status(*like, ignored).permissions(),
                                   ignored);
    }
    return {};
  }

  std::error_code write(const char* data, std::size_t size) {
    return std::fwrite(data, 1, size, file_) == size ? std::error_code() : error_of(errno);
  }

  std::error_code close() {
    std::FILE* const file = file_;
    file_ = nullptr;
    return std::fclose(file) == 0 ? std::error_code() : error_of(errno);
  }

  void drop() {
    if (file_ != nullptr) std::fclose(file_);
    file_ = nullptr;
  }

  static void sync_folder(const std::filesystem::path& /*folder*/) {}

 private:
  std::FILE* file_ = nullptr;
};

#endif

/// Writes a file beside its target under a name of its own, and renames it when it is complete.
///
/// Until commit() returns, the target is as it was; without commit(), and after an error, the
/// temporary is removed. A symbolic link is followed: its target is replaced. A file that is
/// replaced keeps its mode. Writers of one target do not meet: the last commit() stays.
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
    std::error_code failed;
    std::filesystem::rename(temporary_, target_, failed);
    if (failed) fail(failed);
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
