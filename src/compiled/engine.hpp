// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>  // std::is_same_v, std::remove_const_t

#include <pion/engine/compiled.hpp>
#include <pion/engine/elementwise.hpp>
#include <pion/engine/gemm.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/polynomial.hpp>

#if defined(_OPENMP)
#include <pion/engine/openmp.hpp>
#endif

#include "kernel_table.hpp"

namespace pion::engine {

/// The tables of the instruction set in use (instruction_set.cpp).
const pion_kernels::Tables& kernel_tables();

template <class T>
const auto& kernel_table() {
  if constexpr (std::is_same_v<T, float>) {
    return kernel_tables().of_floats;
  } else {
    return kernel_tables().of_doubles;
  }
}
template <class T>
const auto& tall_skinny_table() {
  if constexpr (std::is_same_v<T, float>) {
    return kernel_tables().tall_skinny_floats;
  } else {
    return kernel_tables().tall_skinny_doubles;
  }
}

/// A view as it goes through a table.
template <class T>
pion_kernels::Matrix<T> bare(const View<T>& x) {
  return {x.data, x.rows, x.cols, x.stride};
}
inline pion_kernels::Matrix<double> bare(const pion::detail::Small& s) {
  return {const_cast<double*>(s.data()), s.rows(), s.cols(), s.rows()};
}
inline pion_kernels::Matrix<const double> bare_const(const pion::detail::Small& s) {
  return {s.data(), s.rows(), s.cols(), s.rows()};
}
template <class T>
pion_kernels::Matrix<const T> bare_const(const View<T>& x) {
  return {x.data, x.rows, x.cols, x.stride};
}

template <Op op_a, Op op_b>
constexpr pion_kernels::Product product_kind() {
  static_assert(op_a == Op::plain || op_b == Op::plain);
  return op_a == Op::transposed   ? pion_kernels::transposed_plain
         : op_b == Op::transposed ? pion_kernels::plain_transposed
                                  : pion_kernels::plain_plain;
}

/// The kernels of the instruction set in use, made for as many workers as Threads has.
template <class Threads, class T>
class TableKernels : public Elementwise<T> {
 public:
  TableKernels(pion::detail::Arena& arena, Index rows, Index cols) {
    const int workers = Threads::workers();
    const auto& k = kernel_table<T>();
    auto* const memory =
        arena.take<std::byte>(static_cast<std::int64_t>(k.bytes(rows, cols, workers)));
    if (memory != nullptr) self_ = k.make(memory, rows, cols, workers);
  }

  void gram(const View<const T>& x, const View<T>& r) const {
    kernel_table<T>().gram(self_, bare(x), bare(r));
  }
  void quadratic(const OddQuintic& p, const View<const T>& r, const View<T>& h) const {
    kernel_table<T>().quadratic(self_, p.a, p.b, p.c, bare(r), bare(h));
  }
  void multiply_commuting(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    kernel_table<T>().multiply_commuting(self_, bare(a), bare(b), bare(c));
  }
  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    kernel_table<T>().multiply[product_kind<op_a, op_b>()](self_, bare(a), bare(b), bare(c));
  }
  static double frobenius_norm(const View<T>& x) {
    return kernel_table<T>().frobenius_norm(bare(x));
  }
  static void scale(double factor, const View<T>& x) { kernel_table<T>().scale(factor, bare(x)); }
  static void equilibrate(const View<T>& x, const View<T>& r, const View<T>& scratch) {
    kernel_table<T>().equilibrate(bare(x), bare(r), bare(scratch));
  }
  static void copy(const View<T>& from, const View<T>& to) {
    kernel_table<T>().copy(bare(from), bare(to));
  }

 private:
  const void* self_ = nullptr;
};

/// The same of the tall and skinny kernels.
template <class Threads, class T>
class TableTallSkinnyKernels {
 public:
  using Source = View<const T>;

  TableTallSkinnyKernels(pion::detail::Arena& arena, Index m, Index n, Index width) {
    const int workers = Threads::workers();
    const auto bytes = table().bytes(m, n, width, workers);
    auto* const memory = arena.take<std::byte>(static_cast<std::int64_t>(bytes));
    if (memory != nullptr) self_ = table().make(memory, m, n, width, workers);
  }

  double frobenius_norm(const View<const T>& x) const {
    return table().frobenius_norm(self_, bare(x));
  }
  template <Op op_a = Op::plain, Op op_b = Op::plain>
  void multiply(const View<const T>& a, const View<const T>& b, const View<T>& c) const {
    table().multiply[product_kind<op_a, op_b>()](self_, bare(a), bare(b), bare(c));
  }
  template <class S>
  void sweep(double factor, const View<const T>& x, const View<const T>& q, const View<S>& z,
             const View<S>& y, double* norm = nullptr) const {
    if constexpr (std::is_same_v<S, T>) {
      table().sweep(self_, factor, bare(x), bare(q), bare(z), bare(y), norm);
    } else {
      table().sweep_in_double(self_, factor, bare(x), bare(q), bare(z), bare(y), norm);
    }
  }
  void multiply(const View<const T>& y, const pion::detail::Small& s, const View<T>& c) const {
    table().multiply_small(self_, bare(y), bare_const(s), bare(c));
  }
  template <class A>
  void multiply_in_double(const View<A>& y, const pion::detail::Small& s,
                          const View<double>& c) const {
    if constexpr (is_scalar<A>) {
      table().multiply_in_double(self_, bare_const(y), bare_const(s), bare(c));
    } else {
      table().multiply_doubles(self_, bare_const(y), bare_const(s), bare(c));
    }
  }
  template <class A>
  void gram(const View<A>& y, const pion::detail::Small& g) const {
    if constexpr (is_scalar<A>) {
      table().gram(self_, bare_const(y), bare(g));
    } else {
      table().gram_of_doubles(self_, bare_const(y), bare(g));
    }
  }
  static void scale(double factor, const View<T>& x) { table().scale(factor, bare(x)); }
  template <class From, class To>
  static void copy(const View<From>& from, const View<To>& to) {
    if constexpr (is_scalar<From> && is_scalar<To>) {
      table().copy(bare_const(from), bare(to));
    } else if constexpr (is_scalar<From>) {
      table().copy_to_double(bare_const(from), bare(to));
    } else {
      table().copy_from_double(bare_const(from), bare(to));
    }
  }
  template <class From, class To>
  static void scaled_copy(double factor, const View<From>& from, const View<To>& to) {
    if constexpr (is_scalar<From> && is_scalar<To>) {
      table().scaled_copy(factor, bare_const(from), bare(to));
    } else if constexpr (is_scalar<From>) {
      table().scaled_copy_to_double(factor, bare_const(from), bare(to));
    } else {
      table().scaled_copy_from_double(factor, bare_const(from), bare(to));
    }
  }
  static void subtract(const View<const T>& x, const View<T>& y) {
    table().subtract(bare(x), bare(y));
  }
  static double norm(const View<const T>& y) { return table().norm(bare(y)); }
  template <class Values>
  static double distance(const View<const double>& d, const View<const T>& u, const Values& sigma) {
    const pion::detail::SmallVector values = sigma;
    return table().distance(bare(d), bare(u), values.data());
  }
  static std::byte* small_memory(pion::detail::Arena& arena, Index bytes) {
    return arena.take<std::byte>(bytes);
  }
  static void fill_signs(std::uint64_t seed, const View<T>& x) {
    table().fill_signs(seed, bare(x));
  }
  static void fill_gaussian(std::uint64_t seed, const View<T>& x) {
    table().fill_gaussian(seed, bare(x));
  }

 private:
  template <class S>
  static constexpr bool is_scalar = std::is_same_v<std::remove_const_t<S>, T>;
  static const auto& table() { return tall_skinny_table<T>(); }

  const void* self_ = nullptr;
};

struct compiled_eigen {
  template <class T>
  using Kernels = TableKernels<eigen, T>;
  template <class T>
  using TallSkinnyKernels = TableTallSkinnyKernels<eigen, T>;
  using Serial = compiled_eigen;
  static constexpr int workers() { return 1; }
  template <class Task>
  static void for_each(int workers, Index count, const Task& task) {
    eigen::for_each(workers, count, task);
  }
};

#if defined(_OPENMP)
struct compiled_openmp {
  template <class T>
  using Kernels = TableKernels<openmp, T>;
  template <class T>
  using TallSkinnyKernels = TableTallSkinnyKernels<openmp, T>;
  using Serial = compiled_eigen;
  static int workers() { return openmp::workers(); }
  template <class Task>
  static void for_each(int workers, Index count, const Task& task) {
    openmp::for_each(workers, count, task);
  }
};
#endif

}  // namespace pion::engine
