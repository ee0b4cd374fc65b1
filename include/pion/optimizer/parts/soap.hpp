// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::stable_sort
#include <cmath>      // std::pow, std::sqrt
#include <cstdint>    // std::int64_t
#include <numeric>    // std::iota
#include <string>
#include <vector>

#include <pion/engine/view.hpp>
#include <pion/optimizer/parts/basis.hpp>
#include <pion/optimizer/recipe/buffers.hpp>
#include <pion/optimizer/recipe/check.hpp>
#include <pion/optimizer/recipe/context.hpp>

namespace pion::optimizer {

/// Takes Adam's ratio in the eigenbases of L = mean G G^T and R = mean G^T G (SOAP, Vyas et al.
/// 2024), as its code does:
///
///   first step: L and R begin, Q_L and Q_R become their eigenvectors; the parameter stays.
///   then, with k counted from 1 after it: G' = Q_L^T G Q_R;  M <- beta1 M + (1 - beta1) G'
///   V <- beta2 V + (1 - beta2) G'^2
///   X = sqrt(1 - beta2^k) / (1 - beta1^k) Q_L [M / (sqrt(V) + epsilon)] Q_R^T
///   L and R move on. If `every` divides k: sort each side's directions by diag(Q^T L Q), V with
///   them; Q <- the orthogonal factor of L Q; M is turned into the new bases, V is not.
///
/// It stands in the place of a momentum form, before Identity. State: M and V, both in the
/// eigenbases, and two square matrices for each side of up to `largest_side`; a longer side is left
/// as it is. The first step and those with new bases decompose by Eigen and allocate; others do
/// not.
struct Soap {
  double beta1 = 0.95;
  double beta2 = 0.95;
  double gram_beta = 0.95;  ///< The weight of the past in L and R.
  double epsilon = 1e-8;
  std::int64_t every = 10;
  Index largest_side = 10000;

  static constexpr int buffers = 6;
  BufferShape buffer(int i, Index rows, Index cols) const {
    const Index left = rows <= largest_side ? rows : 0, right = cols <= largest_side ? cols : 0;
    switch (i) {
      case 0: return {"momentum", rows, cols};
      case 1: return {"second_moment", rows, cols};
      case 2: return {"left_gram", left, left};
      case 3: return {"right_gram", right, right};
      case 4: return {"left_basis", left, left};
      default: return {"right_basis", right, right};
    }
  }
  void require_valid() const {
    detail::require_fraction("Soap: beta1", beta1);
    detail::require_fraction("Soap: beta2", beta2);
    detail::require_fraction("Soap: gram_beta", gram_beta);
    detail::require_nonnegative("Soap: epsilon", epsilon);
    detail::require_period("Soap: every", every);
  }
  std::string signature() const {
    return detail::signature("Soap", {{"beta1", beta1},
                                      {"beta2", beta2},
                                      {"gram_beta", gram_beta},
                                      {"epsilon", epsilon},
                                      {"every", static_cast<double>(every)}});
  }

  template <class Engine, class T>
  void run(const engine::View<T>& x, const Slot<T>* own, StepContext<T>& at) const {
    const Sides<Engine, T> sides(*this, x, own, at.scratch);
    if (at.t == 1) {
      sides.see(x);
      sides.begin();
      at.still = true;
      return;
    }
    const std::int64_t k = at.t - 1;
    const engine::View<T>& turned = sides.scratch.at[0];
    const engine::View<T>& ratio = sides.scratch.at[1];
    sides.template turn<engine::Op::transposed>(x, turned);
    auto m = engine::as_eigen(own[0].values), v = engine::as_eigen(own[1].values);
    const auto g = engine::as_eigen(turned);
    m = static_cast<T>(beta1) * m + static_cast<T>(1.0 - beta1) * g;
    v = static_cast<T>(beta2) * v + static_cast<T>(1.0 - beta2) * g.cwiseAbs2();
    const auto t = static_cast<double>(k);
    const auto unbias =
        static_cast<T>(std::sqrt(1.0 - std::pow(beta2, t)) / (1.0 - std::pow(beta1, t)));
    const auto e = static_cast<T>(epsilon);
    engine::as_eigen(ratio) = m.binaryExpr(v, [unbias, e](T first, T second) {
      const T root = std::sqrt(second) + e;
      return root > T(0) ? unbias * first / root : T(0);
    });
    sides.see(x);
    sides.template turn<engine::Op::plain>(ratio, x);
    if (k % every == 0) sides.renew();
  }

 private:
  /// The two sides of a parameter in a step.
  template <class Engine, class T>
  struct Sides {
    using View = engine::View<T>;
    using Op = engine::Op;
    using Scratch = detail::ScratchMatrices<Engine, T, 4>;

    Sides(const Soap& how, const View& x, const Slot<T>* own, Workspace& workspace)
        : soap(how),
          own_(own),
          scratch(detail::laid_out<Scratch>(
              workspace, (std::max)(x.rows, x.cols),
              typename Scratch::Shapes{{{x.rows, x.cols},
                                        {x.rows, x.cols},
                                        {own[2].values.rows, own[2].values.cols},
                                        {own[3].values.rows, own[3].values.cols}}})) {}

    /// Moves the Gram matrices on.
    void see(const View& x) const {
      const auto move = [this](const View& gram, const View& seen) {
        engine::as_eigen(gram) = static_cast<T>(soap.gram_beta) * engine::as_eigen(gram) +
                                 static_cast<T>(1.0 - soap.gram_beta) * engine::as_eigen(seen);
      };
      if (has_left()) {
        scratch.products.template multiply<Op::plain, Op::transposed>(x, x, scratch.at[2]);
        move(own_[2].values, scratch.at[2]);
      }
      if (has_right()) {
        scratch.products.template multiply<Op::transposed, Op::plain>(x, x, scratch.at[3]);
        move(own_[3].values, scratch.at[3]);
      }
    }
    void begin() const {
      if (has_left()) detail::eigenvectors(own_[2].values, own_[4].values);
      if (has_right()) detail::eigenvectors(own_[3].values, own_[5].values);
    }
    /// to <- Q_L^T from Q_R, or with Op::plain Q_L from Q_R^T. `to` may be scratch.at[0] or x; the
    /// middle of the product is made in `from`'s place where `to` is needed whole.
    template <Op op>
    void turn(const View& from, const View& to) const {
      constexpr Op other = op == Op::plain ? Op::transposed : Op::plain;
      const View& left = own_[4].values;
      const View& right = own_[5].values;
      const bool both = has_left() && has_right();
      const View& middle = both ? scratch.at[from.data == scratch.at[1].data ? 0 : 1] : to;
      if (has_left()) {
        scratch.products.template multiply<op, Op::plain>(left, from, middle);
      }
      if (has_right()) {
        scratch.products.template multiply<Op::plain, other>(has_left() ? middle : from, right, to);
      }
      if (!has_left() && !has_right()) engine::as_eigen(to) = engine::as_eigen(from);
    }
    void renew() const {
      const View& back = scratch.at[0];
      turn<Op::plain>(own_[0].values, back);  // M in the space of the parameter
      if (has_left()) renew(own_[2].values, own_[4].values, scratch.at[2], true);
      if (has_right()) renew(own_[3].values, own_[5].values, scratch.at[3], false);
      turn<Op::transposed>(back, own_[0].values);
    }

    bool has_left() const { return own_[4].values.rows > 0; }
    bool has_right() const { return own_[5].values.rows > 0; }

    const Soap& soap;
    const Slot<T>* own_;
    Scratch scratch;

   private:
    void renew(const View& gram, const View& basis, const View& product, bool of_rows) const {
      auto q = engine::as_eigen(basis), p = engine::as_eigen(product);
      scratch.products.multiply(gram, basis, product);
      const Index n = basis.rows;
      const detail::OwnedVector<T> size = q.cwiseProduct(p).colwise().sum();
      std::vector<Index> order(static_cast<std::size_t>(n));
      std::iota(order.begin(), order.end(), Index(0));
      std::stable_sort(order.begin(), order.end(),
                       [&size](Index a, Index b) { return size(a) > size(b); });
      const detail::OwnedMatrix<T> old = engine::as_eigen(own_[1].values);
      auto v = engine::as_eigen(own_[1].values);
      const detail::OwnedMatrix<T> unsorted = p;
      for (Index j = 0; j < n; ++j) {
        const Index from = order[static_cast<std::size_t>(j)];
        p.col(j) = unsorted.col(from);
        if (of_rows) {
          v.row(j) = old.row(from);
        } else {
          v.col(j) = old.col(from);
        }
      }
      detail::orthogonal_factor(product, basis);
    }
  };
};

}  // namespace pion::optimizer
