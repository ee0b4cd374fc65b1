// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/temporary.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include "pion_tool/io/file.hpp"

namespace pion::io {
namespace {

constexpr std::string_view mark = ".pion-", ending = ".tmp";

// A signal handler may call few functions and take no lock: it reads plain characters, behind an
// atomic flag that says whether they are whole.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> armed{false};
  std::array<char, 4096> path{};
};
static_assert(std::atomic<bool>::is_always_lock_free);

std::array<Slot, 4> slots;  // more temporaries at a time than any verb has

extern "C" void remove_temporaries_and_end(int signal) {
  for (const Slot& slot : slots) {
    if (slot.armed) ::unlink(slot.path.data());
  }
  ::raise(signal);  // SA_RESETHAND has put the default action back
}

/// The index of a slot that has the path; one beyond the last where none is free, or the path is
/// too long for any.
std::size_t arm(const std::string& path) {
  if (path.size() >= slots[0].path.size()) return slots.size();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].taken.exchange(true)) continue;
    std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
    slots[i].armed = true;
    return i;
  }
  return slots.size();
}

/// What the names of the target's temporaries begin with. A long name is cut, for a folder has a
/// limit.
std::string beginning_for(const std::filesystem::path& target) {
  return fmt::format(".{}{}", target.filename().string().substr(0, 200), mark);
}

}  // namespace

void remove_temporaries_on_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU}) {
    struct sigaction before = {};
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = remove_temporaries_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(signal, &action, nullptr);
  }
}

Temporary::Temporary(const std::filesystem::path& target) {
  std::random_device random;
  const std::uint64_t number = std::uint64_t{random()} << 32U | random();
  path_ = target.parent_path() / fmt::format("{}{:016x}{}", beginning_for(target), number, ending);
  slot_ = arm(path_.string());
}

Temporary::~Temporary() {
  if (!path_.empty()) ::unlink(path_.c_str());
  release();
}

void Temporary::release() {
  path_.clear();
  if (slot_ >= slots.size()) return;
  slots[slot_].armed = false;
  slots[slot_].taken = false;
  slot_ = slots.size();
}

void remove_stale_temporaries(const std::filesystem::path& target) {
  const std::string beginning = beginning_for(target);
  const std::filesystem::path folder =
      target.parent_path().empty() ? std::filesystem::path(".") : target.parent_path();
  std::error_code ignored;
  // Collected first: a folder must not change while it is read.
  std::vector<std::filesystem::path> candidates;
  for (auto entry = std::filesystem::directory_iterator(folder, ignored);
       entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    constexpr std::size_t digits = 16;
    if (name.size() == beginning.size() + digits + ending.size() &&
        name.compare(0, beginning.size(), beginning) == 0 &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      candidates.push_back(entry->path());
    }
  }
  for (const std::filesystem::path& path : candidates) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status = {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) continue;
    constexpr std::time_t minute = 60;  // a writer has its lock by then
    const bool old = status.st_mtime < std::time(nullptr) - minute;
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || !old) continue;
    if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  }
}

}  // namespace pion::io
