// SPDX-License-Identifier: Apache-2.0
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
// After windows.h, which they need.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "pion_tool/io/platform.hpp"

namespace pion::io::platform {
namespace {

int errno_of(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME: return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_WRITE_PROTECT: return EACCES;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS: return EEXIST;
    case ERROR_TOO_MANY_OPEN_FILES: return EMFILE;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return ENOSPC;
    case ERROR_FILENAME_EXCED_RANGE: return ENAMETOOLONG;
    case ERROR_NOT_ENOUGH_MEMORY: return ENOMEM;
    default: return EIO;
  }
}

bool could(BOOL done) {
  if (done == 0) errno = errno_of(::GetLastError());
  return done != 0;
}

HANDLE handle_of(int file) { return reinterpret_cast<HANDLE>(::_get_osfhandle(file)); }

/// Opens so that others may read, write, rename and remove the file meanwhile, as on POSIX.
HANDLE open_handle(const std::filesystem::path& path, DWORD access, DWORD disposition) {
  constexpr DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  // The flag opens directories too, of which status_of() then tells.
  return ::CreateFileW(path.c_str(), access, all, nullptr, disposition, FILE_FLAG_BACKUP_SEMANTICS,
                       nullptr);
}

int open(const std::filesystem::path& path, DWORD access, DWORD disposition) {
  const HANDLE handle = open_handle(path, access, disposition);
  if (!could(static_cast<BOOL>(handle != INVALID_HANDLE_VALUE))) return -1;
  const int file =
      ::_open_osfhandle(reinterpret_cast<std::intptr_t>(handle), _O_BINARY | _O_NOINHERIT);
  if (file < 0) ::CloseHandle(handle);
  return file;
}

std::optional<Status> status_of(HANDLE handle) {
  switch (::GetFileType(handle)) {
    case FILE_TYPE_PIPE: return Status{Kind::pipe};
    case FILE_TYPE_CHAR: return Status{Kind::device};
    case FILE_TYPE_DISK: break;
    default: return std::nullopt;
  }
  BY_HANDLE_FILE_INFORMATION info = {};
  if (!could(::GetFileInformationByHandle(handle, &info))) return std::nullopt;
  const bool directory = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
  const auto join = [](DWORD high, DWORD low) { return std::uint64_t{high} << 32U | low; };
  return Status{directory ? Kind::directory : Kind::regular,
                join(info.nFileSizeHigh, info.nFileSizeLow), 0, info.dwVolumeSerialNumber,
                join(info.nFileIndexHigh, info.nFileIndexLow)};
}

/// No call takes more at a time.
unsigned part_of(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, 1U << 30U));
}

void (*clean_up_once)() = nullptr;

BOOL WINAPI clean_up_and_end(DWORD /*event*/) {
  clean_up_once();
  return FALSE;  // Windows ends the program
}

UINT code_page_before = 0;

std::string utf8(const wchar_t* text) {
  const int size = ::WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  std::string out(static_cast<std::size_t>(size), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text, -1, out.data(), size, nullptr, nullptr);
  out.pop_back();  // the zero at the end
  return out;
}

}  // namespace

std::optional<Status> status_of(const std::filesystem::path& path) {
  const HANDLE handle = open_handle(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
  if (handle == INVALID_HANDLE_VALUE) return std::nullopt;
  const std::optional<Status> status = status_of(handle);
  ::CloseHandle(handle);
  return status;
}

std::optional<Status> status_of(int file) { return status_of(handle_of(file)); }

int open_to_read(const std::filesystem::path& path, bool /*wait*/) {
  return path == "/dev/stdin" ? duplicate(0) : open(path, GENERIC_READ, OPEN_EXISTING);
}

int open_to_write(const std::filesystem::path& path) {
  return open(path, GENERIC_WRITE, OPEN_EXISTING);
}

int create(const std::filesystem::path& path, unsigned /*permissions*/) {
  return open(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
}

int duplicate(int file) {
  const int copy = ::_dup(file);
  if (copy >= 0) ::_setmode(copy, _O_BINARY);
  return copy;
}

std::ptrdiff_t read(int file, void* to, std::size_t size) {
  return ::_read(file, to, part_of(size));
}

std::ptrdiff_t read_at(int file, void* to, std::size_t size, std::uint64_t offset) {
  OVERLAPPED place = {};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  DWORD got = 0;
  if (::ReadFile(handle_of(file), to, part_of(size), &got, &place) != 0) return got;
  const DWORD error = ::GetLastError();
  if (error == ERROR_HANDLE_EOF) return 0;
  errno = errno_of(error);
  return -1;
}

std::ptrdiff_t write(int file, const void* from, std::size_t size) {
  return ::_write(file, from, part_of(size));
}

bool rewind(int file) { return ::_lseeki64(file, 0, SEEK_SET) == 0; }
bool close(int file) { return ::_close(file) == 0; }
bool flush_to_disk(int file) { return ::_commit(file) == 0; }

bool replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  return could(
      ::MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH));
}

bool may_write(const std::filesystem::path& path) { return ::_waccess(path.c_str(), 2) == 0; }

void remove(const std::filesystem::path::value_type* path) noexcept {
  if (::DeleteFileW(path) == 0) ::RemoveDirectoryW(path);
}

void remove_abandoned(const std::filesystem::path& path) {
  // Shared with nobody: it cannot be opened while another program has it open.
  const HANDLE file = ::CreateFileW(path.c_str(), GENERIC_READ | DELETE, 0, nullptr, OPEN_EXISTING,
                                    FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (file == INVALID_HANDLE_VALUE) return;
  FILETIME now = {}, written = {};
  ::GetSystemTimeAsFileTime(&now);
  const auto ticks = [](const FILETIME& time) {  // of 100 ns
    return std::uint64_t{time.dwHighDateTime} << 32U | time.dwLowDateTime;
  };
  constexpr std::uint64_t minute = 600'000'000;
  const bool old =
      ::GetFileTime(file, nullptr, nullptr, &written) != 0 && ticks(written) + minute < ticks(now);
  ::CloseHandle(file);
  if (old) ::DeleteFileW(path.c_str());
}

void before_interruption(void (*clean_up)()) {
  clean_up_once = clean_up;
  ::SetConsoleCtrlHandler(clean_up_and_end, TRUE);
}

std::vector<std::string> begin_program(int argc, char** argv) {
  for (const int stream : {0, 1, 2}) ::_setmode(stream, _O_BINARY);
  code_page_before = ::GetConsoleOutputCP();  // the console keeps what a program sets
  if (code_page_before != 0 && ::SetConsoleOutputCP(CP_UTF8) != 0) {
    std::atexit([] { ::SetConsoleOutputCP(code_page_before); });
  }
  int count = 0;
  wchar_t** const wide = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  if (wide == nullptr) return {argc > 0 ? argv + 1 : argv, argv + argc};
  std::vector<std::string> arguments;
  for (int i = 1; i < count; ++i) arguments.push_back(utf8(wide[i]));
  ::LocalFree(wide);
  return arguments;
}

bool error_is_terminal() {
  const HANDLE error = ::GetStdHandle(STD_ERROR_HANDLE);
  DWORD mode = 0;
  // A console must be told that it is to obey the codes of a terminal.
  return ::GetConsoleMode(error, &mode) != 0 &&
         ::SetConsoleMode(error, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

}  // namespace pion::io::platform
