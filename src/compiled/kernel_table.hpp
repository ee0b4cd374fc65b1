// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>  // std::byte, std::ptrdiff_t, std::size_t
#include <cstdint>  // std::uint64_t

/// What one instruction set's kernels are called by. kernels.cpp is compiled once for each
/// instruction set, with names of its own for pion and Eigen, so that the linker never gives a
/// function of one to another; nothing but these tables is seen from outside. Only bare memory goes
/// through them.
namespace pion_kernels {

/// A column-major matrix, as pion::engine::View.
template <class T>
struct Matrix {
  T* data;
  std::ptrdiff_t rows, cols, stride;
};

/// op_a and op_b of a product, both plain, or one transposed.
enum Product { plain_plain, plain_transposed, transposed_plain, product_kinds };

/// The members are those of engine/concept.hpp; `self` is what make() returned.
template <class T>
struct Kernels {
  using In = const Matrix<const T>&;
  using Out = const Matrix<T>&;

  std::size_t (*bytes)(std::ptrdiff_t rows, std::ptrdiff_t cols, int workers);
  void* (*make)(std::byte* memory, std::ptrdiff_t rows, std::ptrdiff_t cols, int workers);
  void (*gram)(const void* self, In x, Out r);
  void (*quadratic)(const void* self, double a, double b, double c, In r, Out h);
  void (*multiply_commuting)(const void* self, In a, In b, Out c);
  void (*multiply[product_kinds])(const void* self, In a, In b, Out c);
  double (*frobenius_norm)(Out x);
  void (*scale)(double factor, Out x);
  void (*equilibrate)(Out x, Out r, Out scratch);
  void (*copy)(Out from, Out to);
};

/// The same of the tall and skinny kernels. D is double.
template <class T>
struct TallSkinnyKernels {
  using In = const Matrix<const T>&;
  using Out = const Matrix<T>&;
  using D = const Matrix<double>&;
  using InD = const Matrix<const double>&;

  std::size_t (*bytes)(std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t width, int workers);
  void* (*make)(std::byte* memory, std::ptrdiff_t m, std::ptrdiff_t n, std::ptrdiff_t width,
                int workers);
  double (*frobenius_norm)(const void* self, In x);
  void (*multiply[product_kinds])(const void* self, In a, In b, Out c);
  void (*sweep)(const void* self, double factor, In x, In q, Out z, Out y, double* norm);
  void (*sweep_in_double)(const void* self, double factor, In x, In q, D z, D y, double* norm);
  void (*multiply_small)(const void* self, In y, InD s, Out c);
  void (*multiply_in_double)(const void* self, In y, InD s, D c);
  void (*multiply_doubles)(const void* self, InD y, InD s, D c);
  void (*gram)(const void* self, In y, D g);
  void (*gram_of_doubles)(const void* self, InD y, D g);
  void (*scale)(double factor, Out x);
  void (*copy)(In from, Out to);
  void (*copy_to_double)(In from, D to);
  void (*copy_from_double)(InD from, Out to);
  void (*scaled_copy)(double factor, In from, Out to);
  void (*scaled_copy_to_double)(double factor, In from, D to);
  void (*scaled_copy_from_double)(double factor, InD from, Out to);
  void (*subtract)(In x, Out y);
  double (*norm)(In y);
  double (*distance)(InD d, In u, const double* sigma);
  void (*fill_signs)(std::uint64_t seed, Out x);
  void (*fill_gaussian)(std::uint64_t seed, Out x);
};

/// All of one instruction set.
struct Tables {
  const char* name;
  Kernels<float> of_floats;
  Kernels<double> of_doubles;
  TallSkinnyKernels<float> tall_skinny_floats;
  TallSkinnyKernels<double> tall_skinny_doubles;
};

}  // namespace pion_kernels
