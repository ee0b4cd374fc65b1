// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/temporary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/platform.hpp"

namespace pion::io {
namespace {

constexpr std::string_view mark = ".pion-", ending = ".tmp";

// A signal handler may call few functions and take no lock: it reads plain characters, behind an
// atomic flag that says whether they are whole.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> armed{false};
  std::array<std::filesystem::path::value_type, 4096> path{};
};
static_assert(std::atomic<bool>::is_always_lock_free);

std::array<Slot, 4> slots;  // more temporaries at a time than any verb has

using Paths = std::vector<std::filesystem::path>;
std::atomic<const Paths*> tree{nullptr};
static_assert(std::atomic<const Paths*>::is_always_lock_free);

void remove_all(const Paths& paths) {
  for (const std::filesystem::path& path : paths) platform::remove(path.c_str());
}

void remove_temporaries() {
  for (const Slot& slot : slots) {
    if (slot.armed) platform::remove(slot.path.data());
  }
  if (const Paths* const paths = tree) remove_all(*paths);
}

/// The index of a slot that has the path; one beyond the last where none is free, or the path is
/// too long for any.
std::size_t arm(const std::filesystem::path::string_type& path) {
  if (path.size() >= slots[0].path.size()) return slots.size();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].taken.exchange(true)) continue;
    std::copy_n(path.c_str(), path.size() + 1, slots[i].path.begin());
    slots[i].armed = true;
    return i;
  }
  return slots.size();
}

/// What the names of the target's temporaries begin with. A long name is cut, for a folder has a
/// limit, but not inside a character of UTF-8.
std::string beginning_for(const std::filesystem::path& target) {
  const std::string name = target.filename().string();
  std::size_t end = std::min<std::size_t>(name.size(), 200);
  while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
  return fmt::format(".{}{}", name.substr(0, end), mark);
}

/// `.NAME.pion-RANDOM.tmp` beside the target.
std::filesystem::path name_beside(const std::filesystem::path& target) {
  std::random_device random;
  const std::uint64_t number = std::uint64_t{random()} << 32U | random();
  return target.parent_path() /
         path_of(fmt::format("{}{:016x}{}", beginning_for(target), number, ending));
}

}  // namespace

void remove_temporaries_on_signals() { platform::before_interruption(remove_temporaries); }

Temporary::Temporary(const std::filesystem::path& target)
    : path_(name_beside(target)), slot_(arm(path_.native())) {}

Temporary::~Temporary() {
  if (!path_.empty()) platform::remove(path_.c_str());
  release();
}

void Temporary::release() {
  path_.clear();
  if (slot_ >= slots.size()) return;
  slots[slot_].armed = false;
  slots[slot_].taken = false;
  slot_ = slots.size();
}

TemporaryTree::TemporaryTree(const std::filesystem::path& target,
                             const std::vector<std::string>& files) {
  const std::filesystem::path folder = name_beside(target);
  for (const std::string& file : files) paths_.push_back(folder / path_of(file));
  paths_.push_back(folder);
  tree = &paths_;
}

TemporaryTree::~TemporaryTree() {
  if (tree == &paths_) remove_all(paths_);
  release();
}

void TemporaryTree::release() { tree = nullptr; }

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
  for (const std::filesystem::path& path : candidates) platform::remove_abandoned(path);
}

}  // namespace pion::io
