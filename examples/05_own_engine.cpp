// SPDX-License-Identifier: Apache-2.0
// An engine of your own (pion/engine/concept.hpp): it multiplies as the default engine does, and
// counts the multiply-adds. So it checks what plan() says that a call costs.
#include <cstdio>

#include <pion/apply.hpp>
#include <pion/filter.hpp>

struct Counting {
  static inline double multiply_adds = 0.0;

  template <class T>
  struct Kernels : pion::engine::eigen::Kernels<T> {
    using Base = pion::engine::eigen::Kernels<T>;
    using In = pion::engine::View<const T>;
    using Out = pion::engine::View<T>;
    using Op = pion::engine::Op;
    using Base::Base;

    // A symmetric result costs half of a product.
    void gram(const In& x, const Out& r) const {
      multiply_adds += 0.5 * static_cast<double>(x.size() * x.rows);
      Base::gram(x, r);
    }
    void quadratic(const pion::OddQuintic& p, const In& r, const Out& h) const {
      if (p.c != 0.0) multiply_adds += 0.5 * static_cast<double>(r.size() * r.rows);
      Base::quadratic(p, r, h);
    }
    void multiply_commuting(const In& a, const In& b, const Out& c) const {
      multiply_adds += 0.5 * static_cast<double>(a.size() * a.rows);
      Base::multiply_commuting(a, b, c);
    }
    template <Op op_a = Op::plain, Op op_b = Op::plain>
    void multiply(const In& a, const In& b, const Out& c) const {
      multiply_adds += static_cast<double>(a.size() * c.cols);
      Base::template multiply<op_a, op_b>(a, b, c);
    }
  };

  // The rest is the default engine's: low-rank kernels over these, on one thread.
  template <class T>
  using TallSkinnyKernels = pion::engine::TallSkinnyKernels<Counting, T, Kernels<T>>;
  using Serial = Counting;
  static int workers() { return 1; }
  template <class Task>
  static void for_each(int workers, pion::Index count, const Task& task) {
    pion::engine::eigen::for_each(workers, count, task);
  }
};

int main() {
  const pion::Filter filter{pion::chains::muon()};
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(120, 300);
  for (const pion::Method method : {pion::Method::dense, pion::Method::gram}) {
    Counting::multiply_adds = 0.0;
    const Eigen::MatrixXf y = pion::apply<Counting>(filter, x, method);
    const double planned = pion::plan<float>(filter, 120, 300, method).multiply_adds;
    std::printf("%s: %.0f multiply-adds, %.0f planned\n", pion::name(method).data(),
                Counting::multiply_adds, planned);
    if (y != pion::apply<pion::engine::eigen>(filter, x, method)) return 1;
    if (Counting::multiply_adds != planned) return 2;
  }
}
