// SPDX-License-Identifier: Apache-2.0
#pragma once

#if !__has_include(<mpi.h>)
#error "pion/distributed/mpi.hpp needs MPI: link pion::mpi or compile with mpicxx"
#endif

#include <cstddef>  // std::size_t
#include <limits>
#include <stdexcept>  // std::runtime_error
#include <string>
#include <type_traits>
#include <vector>

// The C interface alone: the one for C++ left the standard with MPI 3.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <pion/detail/check.hpp>
#include <pion/detail/traits.hpp>
#include <pion/distributed/sum.hpp>

namespace pion::distributed {

/// A communicator (distributed/concept.hpp) on any MPI 3. It refers to the caller's MPI_Comm, which
/// must stay; the caller has called MPI_Init and will call MPI_Finalize. One thread at a time calls
/// it, so MPI_THREAD_FUNNELED is enough where the products have threads.
///
/// MPI 3 counts in int: a call that would move more than 2^31 - 1 entries is refused by name. What
/// MPI itself reports ends the program, unless the communicator's handler is MPI_ERRORS_RETURN:
/// then it is thrown, as std::runtime_error, on the rank that saw it. After that the communicator
/// is of no more use.
class Mpi {
 public:
  explicit Mpi(MPI_Comm comm = MPI_COMM_WORLD) : comm_(comm) {
    check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  }

  int rank() const { return rank_; }
  int size() const { return size_; }

  template <class T>
  void gather(T* all, const Index* offsets) const {
    const Pieces pieces(offsets, size_);
    check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, pieces.counts.data(),
                         pieces.begins.data(), word<T>(), comm_),
          "MPI_Allgatherv");
  }

  template <class T>
  void exchange(const T* from, const Index* from_offsets, T* to, const Index* to_offsets) const {
    const Pieces out(from_offsets, size_), in(to_offsets, size_);
    check(MPI_Alltoallv(from, out.counts.data(), out.begins.data(), word<T>(), to, in.counts.data(),
                        in.begins.data(), word<T>(), comm_),
          "MPI_Alltoallv");
  }

  template <class T>
  void broadcast(T* values, Index count, int root) const {
    check(MPI_Bcast(values, counted(count), word<T>(), root, comm_), "MPI_Bcast");
  }

  template <class T>
  void sum(T* values, Index count, T* scratch) const {
    sum_in_rank_order(*this, values, count, scratch);
  }

 private:
  /// Entries only move, so that their size is all that MPI needs to know of them.
  template <class T>
  static MPI_Datatype word() {
    static_assert(std::is_trivially_copyable_v<T> &&
                      (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8),
                  "pion: MPI moves entries of 1, 2, 4 or 8 bytes");
    if constexpr (sizeof(T) == 1) return MPI_UINT8_T;
    if constexpr (sizeof(T) == 2) return MPI_UINT16_T;
    if constexpr (sizeof(T) == 4) return MPI_UINT32_T;
    return MPI_UINT64_T;
  }

  /// \throws std::invalid_argument if an int cannot hold the count.
  static int counted(Index count) {
    if (count <= (std::numeric_limits<int>::max)()) return static_cast<int>(count);
    pion::detail::refuse_argument(
        "mpi: " + std::to_string(count) +
        " entries are more than the 2147483647 that a call of MPI 3 moves");
  }

  struct Pieces {
    Pieces(const Index* offsets, int ranks)
        : counts(static_cast<std::size_t>(ranks)), begins(static_cast<std::size_t>(ranks)) {
      counted(offsets[ranks]);
      for (std::size_t r = 0; r < counts.size(); ++r) {
        begins[r] = static_cast<int>(offsets[r]);
        counts[r] = static_cast<int>(offsets[r + 1] - offsets[r]);
      }
    }
    std::vector<int> counts, begins;
  };

  static void check(int code, const char* call) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    pion::detail::refuse<std::runtime_error>(std::string("mpi: ") + call + ": " + text);
  }

  MPI_Comm comm_;
  int rank_ = 0, size_ = 1;
};

}  // namespace pion::distributed
