// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <numeric>  // std::accumulate
#include <type_traits>

#include <pion/detail/language.hpp>
#include <pion/detail/settings.hpp>

/// Type rules of the host functions, each said once.
namespace pion {

using Eigen::Index;

static_assert(sizeof(Index) >= sizeof(void*),
              "pion: EIGEN_DEFAULT_DENSE_INDEX_TYPE is too small to count what memory can hold; "
              "leave it as it is, std::ptrdiff_t");

namespace detail {

/// The scalar that products are computed in: float for the 16-bit storage types, else the type.
template <class Scalar>
struct compute {
  static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>,
                "pion: the scalar of a matrix is float, double, Eigen::half or Eigen::bfloat16");
  using type = Scalar;
};
template <>
struct compute<Eigen::half> {
  using type = float;
};
template <>
struct compute<Eigen::bfloat16> {
  using type = float;
};
template <class Scalar>
using compute_t = typename compute<Scalar>::type;

/// Whether matrices of this scalar can be read and written.
template <class Scalar>
inline constexpr bool is_scalar_v =
    std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double> ||
    std::is_same_v<Scalar, Eigen::half> || std::is_same_v<Scalar, Eigen::bfloat16>;

/// A matrix of any size, column by column, whatever the order that Eigen gives to types without
/// one.
template <class T>
using ColumnMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

/// A matrix and a column that own their memory. DontAlign takes it from malloc under all flags;
/// what Eigen aligns is freed as the vector instructions say, and must not go to a function that
/// another file has compiled with others.
template <class T>
using OwnedMatrix =
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor | Eigen::DontAlign>;
template <class T>
using OwnedVector = Eigen::Matrix<T, Eigen::Dynamic, 1, Eigen::ColMajor | Eigen::DontAlign>;

/// Sums numbers one after the other; Eigen's sum() of memory that is not aligned sums them in an
/// order that depends on their address.
template <class T>
T sum(const OwnedVector<T>& numbers) {
  return std::accumulate(numbers.data(), numbers.data() + numbers.size(), T(0));
}

inline namespace PION_SETTINGS {

/// The distance between two columns, as Eigen takes it, and columns without gaps. They are types of
/// their own for each setting, so that all that Eigen instantiates for a map with one of them is
/// named by the setting too.
struct ColumnStride : Eigen::OuterStride<> {
  using Eigen::OuterStride<>::OuterStride;
};
struct NoGaps : Eigen::Stride<0, 0> {};

}  // namespace PION_SETTINGS

template <class T>
using plain_t = std::remove_cv_t<std::remove_reference_t<T>>;

/// Matrix, Map, Block, Ref: anything that is an Eigen matrix expression.
template <class T>
inline constexpr bool is_matrix_v = std::is_base_of_v<Eigen::MatrixBase<plain_t<T>>, plain_t<T>>;

template <class T>
using require_matrix = std::enable_if_t<is_matrix_v<T>, int>;

template <class T>
inline constexpr bool is_writable_v =
    !std::is_const_v<std::remove_reference_t<T>> && (plain_t<T>::Flags & Eigen::LvalueBit) != 0;

template <class T>
constexpr void require_writable() {
  static_assert(is_writable_v<T>, "pion: the output must be a writable matrix, map or block");
  static_assert(is_scalar_v<typename plain_t<T>::Scalar>,
                "pion: the output must be of float, double, Eigen::half or Eigen::bfloat16");
}

}  // namespace detail
}  // namespace pion
