// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

#include <nanobind/stl/string.h>

#include <string>
#include <type_traits>
#include <utility>

#include "arrays.hpp"

/// States to and from dictionaries of arrays, which every later version of this program and of
/// torch can read.
namespace pion::python {
namespace {

/// An array with a copy of the matrix.
template <class M>
nb::object array_of(const M& matrix) {
  auto* const copy = new M(matrix);
  const nb::capsule owner(copy, [](void* p) noexcept { delete static_cast<M*>(p); });
  const std::size_t shape[2] = {static_cast<std::size_t>(copy->rows()),
                                static_cast<std::size_t>(copy->cols())};
  const std::int64_t strides[2] = {1, static_cast<std::int64_t>(copy->rows())};
  return nb::cast(
      nb::ndarray<nb::numpy, typename M::Scalar>(copy->data(), 2, shape, owner, strides));
}

template <class T>
nb::dict to_dict(const optimizer::State<T>& state) {
  nb::dict all;
  all["step"] = state.steps;
  all["recipe"] = state.recipe;
  if (state.momentum.size() > 0) all["momentum"] = array_of(state.momentum);
  if (state.second_moment.size() > 0) all["second_moment"] = array_of(state.second_moment);
  if (state.warm_start.directions() > 0) {
    const detail::ColumnMajor<T> basis = engine::as_eigen(state.warm_start.basis());
    all["warm_start"] = array_of(basis);
  }
  all["failures"] = state.warm_start.backoff().failures();
  all["pause"] = state.warm_start.backoff().pause();
  for (const optimizer::Buffer<T>& part : state.parts) {
    if (part.values.size() > 0) all[part.name.c_str()] = array_of(part.values);
    if (part.codes.size() > 0) all[(part.name + " codes").c_str()] = array_of(part.codes);
  }
  return all;
}

/// The value of a key, as a C++ type.
/// \throws std::invalid_argument if it is missing or of another type.
template <class V>
V value_of(const nb::dict& from, const std::string& key) {
  if (!from.contains(key.c_str())) detail::refuse_argument("the state has no \"" + key + "\"");
  try {
    return nb::cast<V>(from[key.c_str()]);
  } catch (const nb::cast_error&) {
    detail::refuse_argument("the state's \"" + key + "\" is of another type or dtype than the " +
                            "parameter's");
  }
}

/// Fills a matrix of the state with an array of its shape, if it has entries.
/// \throws std::invalid_argument if the array is missing or has another shape or dtype.
template <class M>
void read(const nb::dict& from, const std::string& key, M& matrix) {
  using S = typename M::Scalar;
  if (matrix.size() == 0) return;
  const auto array = value_of<nb::ndarray<nb::ro, S, nb::ndim<2>, nb::device::cpu>>(from, key);
  const auto map = map_of<const S>(array);
  if (map.rows() != matrix.rows() || map.cols() != matrix.cols()) {
    detail::refuse_argument("the state's \"" + key + "\" is " +
                            detail::shape(map.rows(), map.cols()) + ", and the parameter's is " +
                            detail::shape(matrix.rows(), matrix.cols()));
  }
  matrix = map;
}

/// \param fresh  the state that the recipe begins with, for the parameter.
template <class T>
void read_all(const nb::dict& from, optimizer::State<T>& fresh) {
  const auto recipe = value_of<std::string>(from, "recipe");
  if (recipe != fresh.recipe) {
    detail::refuse_argument("the state is of the recipe " + recipe + ", and the optimiser's is " +
                            fresh.recipe);
  }
  read(from, "momentum", fresh.momentum);
  read(from, "second_moment", fresh.second_moment);
  for (optimizer::Buffer<T>& part : fresh.parts) {
    read(from, part.name, part.values);
    read(from, part.name + " codes", part.codes);
  }
  if (from.contains("warm_start")) {
    const auto array =
        value_of<nb::ndarray<nb::ro, T, nb::ndim<2>, nb::device::cpu>>(from, "warm_start");
    detail::ColumnMajor<T> basis = map_of<const T>(array);
    if (basis.rows() != fresh.momentum.rows()) {
      detail::refuse_argument("the state's \"warm_start\" has another number of rows");
    }
    fresh.warm_start.remember(engine::View<T>(basis.data(), basis.rows(), basis.cols()));
  }
  fresh.warm_start.backoff() =
      Backoff::resumed(value_of<int>(from, "failures"), value_of<int>(from, "pause"));
  fresh.steps = value_of<std::int64_t>(from, "step");
}

}  // namespace

void bind_state(nb::module_& m) {
  nb::class_<State>(m, "State")
      .def("to_dict",
           [](const State& s) {
             return std::visit([](const auto& state) { return to_dict(state); }, s.all);
           })
      .def(
          "read",
          [](State& s, const nb::dict& from) {
            State read = s;
            std::visit([&from](auto& state) { read_all(from, state); }, read.all);
            s = std::move(read);
          },
          nb::arg("values"));
}

}  // namespace pion::python
