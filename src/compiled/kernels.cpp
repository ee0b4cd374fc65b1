// SPDX-License-Identifier: Apache-2.0
// One instruction set's kernels. CMake compiles this file once for each instruction set, with the
// flags for it, with pion and Eigen defined as names that end with it, and with
// PION_KERNELS_OF=<the instruction set>.
#include "kernel_table.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <new>          // placement new
#include <type_traits>  // std::is_same_v

#include <pion/engine/host.hpp>
#include <pion/engine/tall_skinny.hpp>

namespace {

using pion::Index;
using pion::engine::Op;
using pion::engine::View;
using pion_kernels::Matrix;

/// Runs as many workers as the caller of make() says. (It is engine::openmp without what that does
/// when a program is loaded: then no code of this file may run, on whatever processor.)
struct Executor {
  static thread_local int count;  // read by the constructors alone
  static int workers() { return count; }
  template <class Task>
  static void for_each([[maybe_unused]] int workers, Index tasks, const Task& task) {
#if defined(_OPENMP)
    if (workers > 1 && tasks > 1) {
#pragma omp parallel for num_threads(workers) schedule(dynamic, 1)
      for (Index i = 0; i < tasks; ++i) task(i, omp_get_thread_num());
      return;
    }
#endif
    for (Index i = 0; i < tasks; ++i) task(i, 0);
  }
};
thread_local int Executor::count = 1;

template <class T>
View<T> view(const Matrix<T>& x) {
  return View<T>(x.data, x.rows, x.cols, x.stride);
}

pion::detail::Small small(const Matrix<const double>& s) {
  return {const_cast<double*>(s.data), s.rows, s.cols};  // which is only read
}
pion::detail::Small small(const Matrix<double>& s) { return {s.data, s.rows, s.cols}; }

/// bytes() and make() of kernels K made for these sizes.
template <class K, class... Size>
std::size_t bytes_of(int workers, Size... sizes) {
  Executor::count = workers;
  pion::detail::Arena counting;
  counting.take<K>(1);
  K(counting, sizes...);
  return static_cast<std::size_t>(counting.used());
}
template <class K, class... Size>
void* make_in(std::byte* memory, int workers, Size... sizes) {
  Executor::count = workers;
  pion::detail::Arena arena(memory);
  auto* const place = arena.take<K>(1);
  return new (place) K(arena, sizes...);
}

template <class T>
struct Of {
  using K = pion::engine::HostKernels<Executor, T>;
  using S = pion::engine::TallSkinnyKernels<Executor, T>;
  using In = const Matrix<const T>&;
  using Out = const Matrix<T>&;
  using D = const Matrix<double>&;
  using InD = const Matrix<const double>&;
  static const K& host(const void* self) { return *static_cast<const K*>(self); }
  static const S& tall(const void* self) { return *static_cast<const S*>(self); }

  template <Op op_a, Op op_b>
  static void multiply(const void* self, In a, In b, Out c) {
    host(self).template multiply<op_a, op_b>(view(a), view(b), view(c));
  }
  template <Op op_a, Op op_b>
  static void multiply_narrow(const void* self, In a, In b, Out c) {
    tall(self).template multiply<op_a, op_b>(view(a), view(b), view(c));
  }

  static pion_kernels::Kernels<T> kernels() {
    return {
        [](Index rows, Index cols, int workers) { return bytes_of<K>(workers, rows, cols); },
        [](std::byte* memory, Index rows, Index cols, int workers) {
          return make_in<K>(memory, workers, rows, cols);
        },
        [](const void* self, In x, Out r) { host(self).gram(view(x), view(r)); },
        [](const void* self, double a, double b, double c, In r, Out h) {
          host(self).quadratic({a, b, c}, view(r), view(h));
        },
        [](const void* self, In a, In b, Out c) {
          host(self).multiply_commuting(view(a), view(b), view(c));
        },
        {multiply<Op::plain, Op::plain>, multiply<Op::plain, Op::transposed>,
         multiply<Op::transposed, Op::plain>},
        [](Out x) { return K::frobenius_norm(view(x)); },
        [](double factor, Out x) { K::scale(factor, view(x)); },
        [](Out x, Out r, Out scratch) { K::equilibrate(view(x), view(r), view(scratch)); },
        [](Out from, Out to) { K::copy(view(from), view(to)); },
    };
  }

  static pion_kernels::TallSkinnyKernels<T> tall_skinny() {
    return {
        [](Index m, Index n, Index width, int workers) {
          return bytes_of<S>(workers, m, n, width);
        },
        [](std::byte* memory, Index m, Index n, Index width, int workers) {
          return make_in<S>(memory, workers, m, n, width);
        },
        [](const void* self, In x) { return tall(self).frobenius_norm(view(x)); },
        {multiply_narrow<Op::plain, Op::plain>, multiply_narrow<Op::plain, Op::transposed>,
         multiply_narrow<Op::transposed, Op::plain>},
        [](const void* self, double factor, In x, In q, Out z, Out y, double* norm) {
          tall(self).sweep(factor, view(x), view(q), view(z), view(y), norm);
        },
        [](const void* self, double factor, In x, In q, D z, D y, double* norm) {
          tall(self).sweep(factor, view(x), view(q), view(z), view(y), norm);
        },
        [](const void* self, In y, InD s, Out c) {
          tall(self).multiply(view(y), small(s), view(c));
        },
        [](const void* self, In y, InD s, D c) {
          tall(self).multiply_in_double(view(y), small(s), view(c));
        },
        [](const void* self, InD y, InD s, D c) {
          tall(self).multiply_in_double(view(y), small(s), view(c));
        },
        [](const void* self, In y, D g) { tall(self).gram(view(y), small(g)); },
        [](const void* self, InD y, D g) { tall(self).gram(view(y), small(g)); },
        [](double factor, Out x) { S::scale(factor, view(x)); },
        [](In from, Out to) { S::copy(view(from), view(to)); },
        [](In from, D to) { S::copy(view(from), view(to)); },
        [](InD from, Out to) { S::copy(view(from), view(to)); },
        [](double factor, In from, Out to) { S::scaled_copy(factor, view(from), view(to)); },
        [](double factor, In from, D to) { S::scaled_copy(factor, view(from), view(to)); },
        [](double factor, InD from, Out to) { S::scaled_copy(factor, view(from), view(to)); },
        [](In x, Out y) { S::subtract(view(x), view(y)); },
        [](In y) { return S::norm(view(y)); },
        [](InD d, In u, const double* sigma) {
          using Values = Eigen::Map<const Eigen::VectorXd, Eigen::Unaligned, pion::detail::NoGaps>;
          return S::distance(view(d), view(u), Values(sigma, u.cols));
        },
        [](std::uint64_t seed, Out x) { S::fill_signs(seed, view(x)); },
        [](std::uint64_t seed, Out x) { S::fill_gaussian(seed, view(x)); },
    };
  }
};

}  // namespace

#define PION_KERNELS_NAME_(set) pion_kernels_##set
#define PION_KERNELS_NAME(set) PION_KERNELS_NAME_(set)
#define PION_KERNELS_TEXT_(set) #set
#define PION_KERNELS_TEXT(set) PION_KERNELS_TEXT_(set)

const pion_kernels::Tables& PION_KERNELS_NAME(PION_KERNELS_OF)() {
  static const pion_kernels::Tables tables{PION_KERNELS_TEXT(PION_KERNELS_OF), Of<float>::kernels(),
                                           Of<double>::kernels(), Of<float>::tall_skinny(),
                                           Of<double>::tall_skinny()};
  return tables;
}
