// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::copy
#include <cstddef>    // std::byte, std::ptrdiff_t, std::size_t
#include <cstdint>    // std::int64_t, std::uint64_t
#include <exception>
#include <stdexcept>  // std::domain_error, std::invalid_argument, std::runtime_error
#include <string>
#include <type_traits>
#include <vector>

#include <pion/detail/check.hpp>
#include <pion/detail/crc64.hpp>
#include <pion/detail/traits.hpp>
#include <pion/distributed/concept.hpp>
#include <pion/distributed/sharded.hpp>
#include <pion/distributed/sum.hpp>
#include <pion/filter/filter.hpp>

/// Makes a refusal collective. A rank that cannot do what it is asked for says so in the first
/// message, where the others would wait for it later; then all throw, the same line, and nothing
/// has been changed on any.
namespace pion::distributed::detail {

/// What a rank has to say against a call.
struct Trouble {
  /// What is thrown for it.
  enum class Kind : std::uint64_t {
    none,      ///< Nothing.
    argument,  ///< std::invalid_argument
    values,    ///< std::domain_error
    other      ///< std::runtime_error
  };
  Kind kind = Kind::none;  ///< What is thrown.
  std::string line;        ///< With this message.
};

/// Runs a task of this rank alone, and returns what it throws.
template <class Task>
Trouble trouble_of(const Task& task) {
#if defined(__cpp_exceptions)
  try {
    task();
  } catch (const std::invalid_argument& e) {
    return {Trouble::Kind::argument, e.what()};
  } catch (const std::domain_error& e) {
    return {Trouble::Kind::values, e.what()};
  } catch (const std::exception& e) {
    return {Trouble::Kind::other, e.what()};
  }
#else
  task();
#endif
  return {};
}

/// Gathers as many objects from each rank, in the order of the ranks.
template <class C, class T>
std::vector<T> gathered(const C& comm, const std::vector<T>& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> all(mine.size() * static_cast<std::size_t>(comm.size()));
  const auto each = static_cast<Index>(mine.size() * sizeof(T));
  std::vector<Index> offsets = even_offsets(comm.size(), comm.size());
  for (Index& offset : offsets) offset *= each;
  std::copy(mine.begin(), mine.end(),
            all.begin() + static_cast<std::ptrdiff_t>(mine.size()) * comm.rank());
  comm.gather(reinterpret_cast<std::byte*>(all.data()), offsets.data());
  return all;
}
template <class C, class T>
std::vector<T> gathered(const C& comm, const T& mine) {
  return gathered(comm, std::vector<T>{mine});
}

/// What a rank says of its trouble before the line itself, if there is one.
struct Announcement {
  Trouble::Kind kind = Trouble::Kind::none;  ///< What is thrown.
  std::uint64_t length = 0;                  ///< Characters of the line.
};
inline Announcement announce(const Trouble& t) { return {t.kind, t.line.size()}; }

/// Throws on every rank what the first rank in trouble has to say, with its number; on none, where
/// none is. \param all  the announcement of each rank, or what is derived from it.
template <class C, class Derived>
void refuse_together(const C& comm, const std::vector<Derived>& all, const Trouble& mine) {
  for (std::size_t r = 0; r < all.size(); ++r) {
    const Announcement& told = all[r];
    if (told.kind == Trouble::Kind::none) continue;
    std::string line = mine.line;
    line.resize(static_cast<std::size_t>(told.length));
    comm.broadcast(line.data(), static_cast<Index>(told.length), static_cast<int>(r));
    line.insert(0, "rank " + std::to_string(r) + ": ");
    if (told.kind == Trouble::Kind::argument) pion::detail::refuse_argument(line);
    if (told.kind == Trouble::Kind::values) pion::detail::refuse_values(line);
    pion::detail::refuse<std::runtime_error>(line);
  }
}

/// Throws on every rank if one is in trouble. One message where none is.
template <class C>
void require_no_trouble(const C& comm, const Trouble& mine) {
  refuse_together(comm, gathered(comm, announce(mine)), mine);
}

/// Hashes numbers, by which ranks compare arguments too long to send.
class Hash {
 public:
  /// Takes a number, by its bytes.
  template <class T>
  Hash& add(const T& number) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    crc_.add(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  /// Takes a filter: its normaliser and its chain's coefficients.
  Hash& add(const Filter& f) {
    add(f.normalizer);
    for (const OddQuintic& p : f.chain.steps()) add(p.a).add(p.b).add(p.c);
    return *this;
  }
  /// The hash of what was added.
  std::uint64_t value() const { return crc_.value(); }

 private:
  pion::detail::Crc64 crc_;
};

/// Which function a call is, in the hash of Opening::call.
enum class Call {
  apply,            ///< apply()
  apply_on_device,  ///< apply() of matrices on devices.
  batch,            ///< apply_batch()
  within,           ///< apply() with a tolerance.
  step,             ///< step()
  spectrum,         ///< spectrum()
  norm,             ///< norm()
  snr,              ///< snr()
  save,             ///< save()
  load              ///< load()
};

/// The first message of a call, from each rank to each: what must be the same on all of them, and
/// what they must know of each other.
struct Opening : Announcement {
  std::uint64_t call = 0;    ///< Hash of the function, scalar and options.
  std::uint64_t filter = 0;  ///< Hash::add(Filter)
  std::uint64_t list = 0;    ///< Hash of the shapes of a list of matrices.
  std::int64_t rows = 0;     ///< Of one matrix.
  std::int64_t cols = 0;     ///< Of one matrix.
  std::int64_t axis = 0;     ///< Of one matrix, as of Axis.
  std::int64_t offset = 0;   ///< Where the local part begins.
  std::int64_t part = 0;     ///< How long it is.
  double largest = 0.0;      ///< |entry| of the local part.
};

/// Sends the openings. \throws on every rank, if one is in trouble, or says anything but rank 0
/// does.
template <class C>
std::vector<Opening> open(const C& comm, Opening mine, const Trouble& trouble) {
  static_cast<Announcement&>(mine) = announce(trouble);
  std::vector<Opening> all = gathered(comm, mine);
  refuse_together(comm, all, trouble);
  const Opening& first = all.front();
  const auto whole = [](const Opening& o) {
    return pion::detail::shape(o.rows, o.cols) + " cut by " + (o.axis == 0 ? "rows" : "columns");
  };
  for (std::size_t r = 0; r < all.size(); ++r) {
    const Opening& o = all[r];
    const auto require = [r](bool same, const std::string& differs) {
      if (!same) pion::detail::refuse_argument("distributed: rank " + std::to_string(r) + differs);
    };
    require(o.call == first.call,
            " makes another call than rank 0: the function, scalar or an option differs");
    require(o.filter == first.filter, " has another filter than rank 0");
    require(o.list == first.list,
            " has another list of matrices than rank 0: their number, a shape or an axis differs");
    require(o.rows == first.rows && o.cols == first.cols && o.axis == first.axis,
            " has a part of " + whole(o) + ", and rank 0 of " + whole(first));
  }
  return all;
}

/// Returns the ends of the parts that ranks have of one axis, the beginning first.
/// \param of  returns the Part of each rank.
/// \throws std::invalid_argument unless they stand one behind the other, and make up `extent`.
template <class Of>
std::vector<Index> joined_parts(const std::string& what, int ranks, Index extent, const Of& of) {
  std::vector<Index> offsets = {0};
  for (int r = 0; r < ranks; ++r) {
    const Part part = of(r);
    if (part.offset != offsets.back()) {
      pion::detail::refuse_argument(what + "rank " + std::to_string(r) + "'s part begins at " +
                                    std::to_string(part.offset) + ", and those before it end at " +
                                    std::to_string(offsets.back()));
    }
    offsets.push_back(part.offset + part.size);
  }
  if (offsets.back() != extent) {
    pion::detail::refuse_argument(what + "the parts end at " + std::to_string(offsets.back()) +
                                  ", and the matrix at " + std::to_string(extent));
  }
  return offsets;
}

}  // namespace pion::distributed::detail
