// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/io/zip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <set>
#include <string_view>

#ifdef PION_WITH_ZLIB
#include <zlib.h>
#endif

// An archive is its entries (each a header of 30 bytes, a name, more fields, the bytes), the
// directory (for each entry 46 bytes, the name, more fields, a comment), and the directory's end
// (22 bytes and a comment), before which stands that of zip64 where a number does not fit.

namespace pion::io {
namespace {

constexpr std::string_view local_mark("PK\x03\x04", 4), directory_mark("PK\x01\x02", 4),
    end_mark("PK\x05\x06", 4), end64_mark("PK\x06\x06", 4), locator_mark("PK\x06\x07", 4);
constexpr std::uint64_t local_size = 30, entry_size = 46, end_size = 22, end64_size = 56,
                        locator_size = 20, longest_comment = 0xffff;
constexpr std::uint64_t elsewhere = 0xffffffff;  // the number stands in a field of zip64

// Deflate makes at most 258 bytes of two bits. Much is made of little by zeros alone.
constexpr std::uint64_t most_inflation = 1032, large = 1U << 30U, most_inflation_of_large = 100;

std::uint64_t number(std::string_view bytes, std::size_t at, unsigned count) {
  std::uint64_t value = 0;
  for (unsigned i = count; i-- > 0;)
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

class Directory {
 public:
  explicit Directory(const Source& source) : source_(source) {}

  std::vector<ZipEntry> read() {
    find();
    if (size_ > source_.size() || begin_ > source_.size() - size_) fail("its directory is cut off");
    const std::string bytes = source_.text(begin_, size_);
    std::vector<ZipEntry> entries;
    std::set<std::string> names;
    for (std::size_t at = 0; at < bytes.size();) {
      entries.push_back(entry(bytes, at));
      if (!names.insert(entries.back().name).second) {
        fail(fmt::format("{} stands there twice", quote(entries.back().name)));
      }
    }
    if (entries.size() != count_) {
      fail(fmt::format("its directory has {} entries, not {}", entries.size(), count_));
    }
    place(entries);
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(source_.name(), "zip archive: " + reason);
  }

  /// Finds where the directory lies.
  void find() {
    const std::uint64_t tail = std::min(source_.size(), end_size + longest_comment);
    const std::uint64_t from = source_.size() - tail;
    const std::string bytes = source_.text(from, tail);
    std::size_t at = bytes.rfind(end_mark);
    while (at != bytes.npos && (bytes.size() - at < end_size ||
                                number(bytes, at + 20, 2) != bytes.size() - at - end_size)) {
      at = at == 0 ? bytes.npos : bytes.rfind(end_mark, at - 1);
    }
    if (at == bytes.npos) fail("truncated: its directory is not at its end");
    count_ = number(bytes, at + 10, 2);
    size_ = number(bytes, at + 12, 4);
    begin_ = number(bytes, at + 16, 4);
    const std::uint64_t end = from + at;
    if (end < locator_size) return;
    const std::string locator = source_.text(end - locator_size, locator_size);
    if (std::string_view(locator).substr(0, 4) != locator_mark) return;
    const std::uint64_t place = number(locator, 8, 8);
    if (place > end || end - place < end64_size) fail("its directory is cut off");
    const std::string end64 = source_.text(place, end64_size);
    if (std::string_view(end64).substr(0, 4) != end64_mark) fail("its directory is cut off");
    count_ = number(end64, 32, 8);
    size_ = number(end64, 40, 8);
    begin_ = number(end64, 48, 8);
  }

  /// Reads the entry at a place of the directory, and moves on to the next.
  ZipEntry entry(std::string_view bytes, std::size_t& at) const {
    if (bytes.size() - at < entry_size || bytes.substr(at, 4) != directory_mark) {
      fail("its directory is cut off");
    }
    const std::uint64_t flags = number(bytes, at + 8, 2), method = number(bytes, at + 10, 2);
    const std::uint64_t name = number(bytes, at + 28, 2), extra = number(bytes, at + 30, 2);
    const std::uint64_t comment = number(bytes, at + 32, 2);
    if (bytes.size() - at - entry_size < name + extra + comment) fail("its directory is cut off");
    ZipEntry e;
    e.name = std::string(bytes.substr(at + entry_size, name));
    e.deflated = method == 8;
    e.crc = static_cast<std::uint32_t>(number(bytes, at + 16, 4));
    e.stored = number(bytes, at + 20, 4);
    e.size = number(bytes, at + 24, 4);
    e.header = number(bytes, at + 42, 4);
    widen(bytes.substr(at + entry_size + name, extra), e);
    at += entry_size + name + extra + comment;
    if (e.name.empty() || e.name.find_first_of(std::string_view("/\\\0", 3)) != e.name.npos) {
      fail(fmt::format("{} is a path; an archive of arrays has names alone", quote(e.name)));
    }
    if (flags & 1U) fail(fmt::format("{} is encrypted", quote(e.name)));
    if (method != 0 && method != 8) {
      fail(fmt::format("{} is compressed in a way that is not known ({})", quote(e.name), method));
    }
    if (!e.deflated && e.stored != e.size) {
      fail(fmt::format("{} is of two sizes, {} and {} bytes", quote(e.name), e.stored, e.size));
    }
    if (e.size / (e.size > large ? most_inflation_of_large : most_inflation) > e.stored) {
      fail(fmt::format("{} claims to hold {} bytes in {}, more than arrays do", quote(e.name),
                       e.size, e.stored));
    }
    return e;
  }

  /// Takes the numbers that do not fit from the field of zip64.
  void widen(std::string_view extra, ZipEntry& e) const {
    while (extra.size() >= 4) {
      const std::uint64_t kind = number(extra, 0, 2), length = number(extra, 2, 2);
      if (length > extra.size() - 4) break;
      std::string_view field = extra.substr(4, length);
      extra.remove_prefix(4 + length);
      if (kind != 1) continue;
      for (std::uint64_t* value : {&e.size, &e.stored, &e.header}) {
        if (*value != elsewhere) continue;
        if (field.size() < 8) fail(fmt::format("the sizes of {} are cut off", quote(e.name)));
        *value = number(field, 0, 8);
        field.remove_prefix(8);
      }
    }
  }

  /// Finds where each entry's bytes begin, and sees to it that no two share any.
  void place(std::vector<ZipEntry>& entries) const {
    std::sort(entries.begin(), entries.end(),
              [](const ZipEntry& a, const ZipEntry& b) { return a.header < b.header; });
    std::uint64_t covered = 0;
    for (ZipEntry& e : entries) {
      if (e.header > begin_ || begin_ - e.header < local_size) {
        fail(fmt::format("{} is not in the archive", quote(e.name)));
      }
      const std::string local = source_.text(e.header, local_size);
      if (std::string_view(local).substr(0, 4) != local_mark) {
        fail(fmt::format("{} is not where the directory says", quote(e.name)));
      }
      e.begin = e.header + local_size + number(local, 26, 2) + number(local, 28, 2);
      if (e.begin > begin_ || begin_ - e.begin < e.stored) {
        fail(fmt::format("{} is not in the archive", quote(e.name)));
      }
      if (e.header < covered) fail(fmt::format("{} overlaps another entry", quote(e.name)));
      covered = e.begin + e.stored;
    }
  }

  const Source& source_;
  std::uint64_t count_ = 0, size_ = 0, begin_ = 0;
};

[[noreturn]] void fail(const Source& source, const ZipEntry& entry, std::string_view reason) {
  throw Error(source.name(), fmt::format("{}: {}", quote(entry.name), reason));
}

#ifdef PION_WITH_ZLIB
void check_crc(const Source& source, const ZipEntry& entry, const std::string& text) {
  uLong crc = crc32(0, nullptr, 0);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t piece = std::min<std::size_t>(text.size() - at, 1U << 30U);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(text.data() + at), static_cast<uInt>(piece));
    at += piece;
  }
  if (crc != entry.crc) fail(source, entry, "damaged: its check sum is another");
}

/// Inflates the first bytes of an entry, reading as much of the archive as they need.
std::string inflate(const Source& source, const ZipEntry& entry, std::uint64_t count) {
  constexpr std::uint64_t piece = 1U << 20U;
  std::string out;
  out.resize(count);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  std::string in;
  std::uint64_t read = 0, made = 0;
  int state = Z_OK;
  while (made < count && state == Z_OK) {
    if (stream.avail_in == 0) {
      const std::uint64_t next = std::min(piece, entry.stored - read);
      if (next == 0) break;
      try {
        in = source.text(entry.begin + read, next);
      } catch (...) {
        inflateEnd(&stream);
        throw;
      }
      read += next;
      stream.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.avail_in = static_cast<uInt>(next);
    }
    const std::uint64_t room = std::min<std::uint64_t>(count - made, 1U << 30U);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(room);
    state = ::inflate(&stream, Z_NO_FLUSH);
    made += room - stream.avail_out;
  }
  inflateEnd(&stream);
  if (made < count) fail(source, entry, "damaged: it cannot be inflated to its size");
  return out;
}
#endif

}  // namespace

std::vector<ZipEntry> read_zip_directory(const Source& source) { return Directory(source).read(); }

#ifdef PION_WITH_ZLIB
bool can_inflate() { return true; }

std::string read_zip_entry(const Source& source, const ZipEntry& entry, std::uint64_t count) {
  std::string text =
      entry.deflated ? inflate(source, entry, count) : source.text(entry.begin, count);
  if (count == entry.size) check_crc(source, entry, text);
  return text;
}
#else
bool can_inflate() { return false; }

std::string read_zip_entry(const Source& source, const ZipEntry& entry, std::uint64_t count) {
  if (entry.deflated) {
    fail(source, entry,
         "is compressed, and this pion is built without zlib: save it by numpy.savez");
  }
  return source.text(entry.begin, count);
}
#endif

}  // namespace pion::io
