// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <pion/apply/plan_within.hpp>
#include <pion/detail/check.hpp>
#include <pion/optimizer/recipe/any_map.hpp>
#include <type_traits>

/// What Python hands over: the memory of a NumPy array or a torch tensor, seen without a copy.
/// python/pion/_arrays.py has said what is wrong with an array before it comes here.
namespace pion::python {

namespace nb = nanobind;

using Input = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Output = nb::ndarray<nb::ndim<2>, nb::device::cpu>;

template <class T>
using Rows = Eigen::Map<
    std::conditional_t<std::is_const_v<T>,
                       const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic,
                                           Eigen::RowMajor>,
                       Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>,
    Eigen::Unaligned, Eigen::OuterStride<>>;

template <class T, class Array>
optimizer::AnyMap<T> map_of(const Array& x) {
  return optimizer::any_map(static_cast<T*>(x.data()), static_cast<Index>(x.shape(0)),
                            static_cast<Index>(x.shape(1)), static_cast<Index>(x.stride(0)),
                            static_cast<Index>(x.stride(1)));
}

template <class T, class Array>
Rows<T> rows_of(const Array& x) {
  return {static_cast<T*>(x.data()), static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1)),
          Eigen::OuterStride<>(x.stride(0))};
}

/// Whether the rows lie in memory one after the other, as C and frameworks have them. Such a matrix
/// is mapped as what it is, because the library reads it in place then.
template <class Array>
bool lies_in_rows(const Array& x) {
  return x.stride(1) == 1 && x.stride(0) >= static_cast<std::int64_t>(x.shape(1));
}

/// Calls f(T()) with the scalar of the numbers of x.
template <class Array, class F>
decltype(auto) with_scalar(const Array& x, const F& f) {
  const nb::dlpack::dtype type = x.dtype();
  const auto is = [type](nb::dlpack::dtype_code code, int bits) {
    return type.code == static_cast<std::uint8_t>(code) && type.bits == bits && type.lanes == 1;
  };
  if (is(nb::dlpack::dtype_code::Float, 32)) return f(float());
  if (is(nb::dlpack::dtype_code::Float, 64)) return f(double());
  if (is(nb::dlpack::dtype_code::Float, 16)) return f(Eigen::half());
  if (is(nb::dlpack::dtype_code::Bfloat, 16)) return f(Eigen::bfloat16());
  detail::refuse_argument(
      "pion: the numbers of an array are float16, bfloat16, float32 or float64");
}

/// Calls f(x, y) with two matrices of one scalar, each as it lies.
template <class F>
decltype(auto) with_maps(const Input& x, const Output& y, const F& f) {
  if (x.dtype() != y.dtype()) detail::refuse_argument("pion: x and out have different dtypes");
  return with_scalar(x, [&](auto scalar) {
    using T = decltype(scalar);
    if (lies_in_rows(x) && lies_in_rows(y)) {
      auto out = rows_of<T>(y);
      return f(rows_of<const T>(x), out);
    }
    auto out = map_of<T>(y);
    return f(map_of<const T>(x), out);
  });
}

inline Tolerance tolerance_of(double error) {
  Tolerance tolerance;
  tolerance.error = error;
  return tolerance;
}

}  // namespace pion::python
