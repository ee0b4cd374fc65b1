// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The calls of the operating system that the tool needs: those of POSIX are in platform_posix.cpp,
/// those of Windows in platform_windows.cpp. All else of the tool is the same on both.
namespace pion::io::platform {

enum class Kind { regular, directory, pipe, device, other };  ///< A terminal is a device.

/// What the system says about a file.
struct Status {
  Kind kind = Kind::other;
  std::uint64_t size = 0;
  unsigned permissions = 0;              ///< Those of POSIX. Windows has them from its folder.
  std::uint64_t volume = 0, number = 0;  ///< The same for two names of one file; 0 if unknown.
};

/// Returns nothing if there is no such file. Symbolic links are followed.
std::optional<Status> status_of(const std::filesystem::path& path);
std::optional<Status> status_of(int file);

// An open file is a number. Where the system refuses, each of these returns -1, and errno says why.

/// \param wait  whether the opening of a pipe waits for its other end.
int open_to_read(const std::filesystem::path& path, bool wait);
/// Opens a pipe or a device.
int open_to_write(const std::filesystem::path& path);
/// Creates a file that did not exist. While it is open, remove_abandoned() lets it be.
int create(const std::filesystem::path& path, unsigned permissions);
/// An open file under another number.
int duplicate(int file);

/// They return how many bytes they have read or written, of at most `size`; 0 at the end.
std::ptrdiff_t read(int file, void* to, std::size_t size);
std::ptrdiff_t read_at(int file, void* to, std::size_t size, std::uint64_t offset);
std::ptrdiff_t write(int file, const void* from, std::size_t size);

// Each returns whether it could, else errno says why.
bool rewind(int file);
bool close(int file);
bool flush_to_disk(int file);
/// Puts a file in the place of another, or of none, and has the disk know where it can.
bool replace(const std::filesystem::path& from, const std::filesystem::path& to);
bool may_write(const std::filesystem::path& path);

/// Removes a file, or a folder that is empty. A signal handler may call it.
void remove(const std::filesystem::path::value_type* path) noexcept;
/// Removes a file of this user that is older than a minute and that no living program has open
/// from create().
void remove_abandoned(const std::filesystem::path& path);

/// Calls `clean_up` before a signal (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU) or the
/// console ends the program, which then ends as it would have. A signal that is ignored stays
/// ignored. `clean_up` may do only what a signal handler may.
void before_interruption(void (*clean_up)());

/// Prepares a program's standard streams and signals: bytes are passed on as they are, text is
/// UTF-8, and the write of a file that grows too large is an error. Returns the arguments of
/// main() without the program's name, in UTF-8.
std::vector<std::string> begin_program(int argc, char** argv);

/// Whether the standard error is a terminal, where a line can be written anew.
bool error_is_terminal();

}  // namespace pion::io::platform
