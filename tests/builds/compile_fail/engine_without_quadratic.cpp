// SPDX-License-Identifier: Apache-2.0
// expected-error: the engine's Kernels<T> lack quadratic\(p, r, h\)
#include <pion/apply.hpp>
#include <pion/filter.hpp>

struct Unfinished {
  template <class T>
  struct Kernels : pion::engine::Elementwise<T> {
    using In = pion::engine::View<const T>;
    using Out = pion::engine::View<T>;
    Kernels(pion::detail::Arena&, pion::Index, pion::Index) {}
    void gram(const In&, const Out&) const {}
  };
  template <class T>
  using TallSkinnyKernels = pion::engine::eigen::TallSkinnyKernels<T>;
  using Serial = Unfinished;
  static int workers() { return 1; }
  template <class Task>
  static void for_each(int, pion::Index, const Task&) {}
};

void f(const Eigen::MatrixXf& x) { pion::apply<Unfinished>({pion::chains::muon()}, x); }
