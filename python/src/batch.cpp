// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <pion/apply/batch.hpp>
#include <type_traits>
#include <vector>

#include "arrays.hpp"
#include "parts.hpp"

namespace pion::python {
namespace {

template <class Xs, class Ys>
std::vector<ApplyInfo> run_batch(const Filter& f, const Xs& xs, Ys& ys,
                                 std::optional<double> tolerance) {
  std::vector<ApplyInfo> infos(xs.size());
  BatchWorkspace workspace;
  if (tolerance) {
    apply_batch(f, xs, ys, workspace, tolerance_of(*tolerance), infos);
  } else {
    apply_batch(f, xs, ys, workspace, Method::automatic, infos);
  }
  return infos;
}

/// All matrices have one dtype.
std::vector<ApplyInfo> filter_batch(const Filter& f, const std::vector<Input>& xs,
                                    const std::vector<Output>& ys,
                                    std::optional<double> tolerance) {
  if (xs.empty()) return {};
  const nb::gil_scoped_release others_run;
  return with_scalar(xs.front(), [&](auto scalar) {
    using T = decltype(scalar);
    const auto in_rows = [](const auto& x) { return lies_in_rows(x); };
    if (std::all_of(xs.begin(), xs.end(), in_rows) && std::all_of(ys.begin(), ys.end(), in_rows)) {
      std::vector<Rows<const T>> in;
      std::vector<Rows<T>> out;
      for (const Input& x : xs) in.push_back(rows_of<const T>(x));
      for (const Output& y : ys) out.push_back(rows_of<T>(y));
      return run_batch(f, in, out, tolerance);
    }
    std::vector<optimizer::AnyMap<const T>> in;
    std::vector<optimizer::AnyMap<T>> out;
    for (const Input& x : xs) in.push_back(map_of<const T>(x));
    for (const Output& y : ys) out.push_back(map_of<T>(y));
    return run_batch(f, in, out, tolerance);
  });
}

}  // namespace

void bind_batch(nb::module_& m) {
  m.def("apply_batch", &filter_batch, nb::arg("filter"), nb::arg("xs"), nb::arg("outs"),
        nb::arg("tolerance") = nb::none());
}

}  // namespace pion::python
