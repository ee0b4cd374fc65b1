// SPDX-License-Identifier: Apache-2.0
// Built without pion's own flags, and linked to decompositions that were built with them: for other
// vectors, as a rule, and so for another alignment of what Eigen allocates.
#include <cmath>
#include <cstdio>
#include <limits>

#include <pion/apply/svd.hpp>
#include <pion/diagnostics.hpp>
#include <pion/filter.hpp>

namespace {

Eigen::MatrixXd reflection(Eigen::Index n, double pace) {
  Eigen::VectorXd w(n);
  for (Eigen::Index i = 0; i < n; ++i) w(i) = std::cos(pace * double(i));
  w.normalize();
  return Eigen::MatrixXd::Identity(n, n) - 2.0 * w * w.transpose();
}

}  // namespace

int main() {
  const Eigen::Index m = 40, n = 60;
  const Eigen::VectorXd s = Eigen::VectorXd::LinSpaced(m, 2.0, 0.1);
  const pion::Chain f = pion::chains::muon();
  const Eigen::VectorXd filtered = (s / s.norm()).unaryExpr([&f](double x) { return f(x); });
  const Eigen::MatrixXd left = reflection(m, 0.37), right = reflection(n, 0.71).topRows(m);
  const Eigen::MatrixXd x = left * s.asDiagonal() * right;
  const Eigen::MatrixXd expected = left * filtered.asDiagonal() * right;

  // The SVD and the products round sums of at most m + n terms; the chain magnifies that.
  const double epsilon = std::numeric_limits<double>::epsilon();
  const double rounding = double(m + n) * epsilon * s.norm() * pion::SlopeBounds(f).steepest();
  const double off = (pion::apply_svd({f}, x) - expected).norm();
  const float magnify = std::numeric_limits<float>::epsilon() / float(epsilon);
  const Eigen::MatrixXf in_float = pion::apply_svd({f}, x.cast<float>().eval());
  const double off_in_float = (in_float.cast<double>() - expected).norm();
  const Eigen::ArrayXd share = s.array() / s.sum();
  // A share is off by no more than that, and |log share| + 1 is less than m.
  const double rank = std::exp(-(share * share.log()).sum());
  const double off_rank = std::fabs(pion::effective_rank(x) - rank);
  std::printf("%g %g %g\n", off, off_in_float, off_rank);
  return off <= rounding && off_in_float <= rounding * double(magnify) &&
                 off_rank <= double(m) * rank * rounding
             ? 0
             : 1;
}
