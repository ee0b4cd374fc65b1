// SPDX-License-Identifier: Apache-2.0
// The optimiser goes where LibTorch's own AdamW and SGD go, and where PyTorch's Muon goes.
#include <cmath>
#include <limits>

#include "support/trajectories.hpp"
#include "torch/support.hpp"

using namespace torch_tests;
namespace po = pion::optimizer;

namespace {

constexpr int steps = 50;
constexpr double rate = 0.02;

/// Fifty steps of both with the same gradients, which do not depend on the parameter.
/// \param apart  of the step's number, the largest gradient and the largest entry of the parameter:
///               how far the step may take the two from each other, in units of epsilon.
template <class T, class Theirs, class F>
void check(const pion::torch::Options& ours, const Theirs& theirs, const F& apart) {
  torch::manual_seed(7);
  const torch::Tensor first = torch::randn({12, 5}, scalar_of<T>);
  const torch::Tensor a = leaf(first.clone()), b = leaf(first.clone());
  pion::torch::Optimizer mine({a}, ours);
  auto other = theirs({b});
  double tolerance = 0.0, gradient = 0.0;
  for (int t = 1; t <= steps; ++t) {
    a.mutable_grad() = torch::randn({12, 5}, scalar_of<T>) + 0.5;
    b.mutable_grad() = a.grad().clone();
    mine.step();
    other.step();
    gradient = std::max(gradient, a.grad().abs().max().template item<double>());
    tolerance += apart(t, gradient, b.abs().max().template item<double>()) *
                 static_cast<double>(std::numeric_limits<T>::epsilon());
    INFO("step " << t << " tolerance " << tolerance);
    CHECK((a - b).abs().max().template item<double>() <= tolerance);
  }
  CHECK(tolerance < 1e-3 * (b - first).abs().max().template item<double>());
}

/// Both moments are sums of t terms of one sign in absolute value, so that their rounding is t + 4
/// units of the sum of |g|, or of g^2. By Cauchy and Schwarz, the sum of |g| is at most
/// sqrt((1 - beta1) / (1 - beta2)) = 10 times the root of that of g^2: that bounds an update, and
/// with it what the rounding of either moment does to it. Two computations differ by twice that.
double adamw_apart(int t, double /*gradient*/, double parameter) {
  const double update = 10.0;
  return 2.0 * rate * 2.0 * (t + 8) * update + 2.0 * 3.0 * (parameter + rate * update);
}

template <class T>
void check_adamw() {
  const auto theirs = [](std::vector<torch::Tensor> p) {
    return torch::optim::AdamW(std::move(p), torch::optim::AdamWOptions(rate).weight_decay(0.1));
  };
  check<T>({"adamw:weight_decay=0.1", rate}, theirs, adamw_apart);
}

template <class T>
void check_sgd(double momentum, bool nesterov) {
  const double decay = 0.01;
  const auto theirs = [&](std::vector<torch::Tensor> p) {
    return torch::optim::SGD(
        std::move(p),
        torch::optim::SGDOptions(rate).momentum(momentum).nesterov(nesterov).weight_decay(decay));
  };
  // The momentum is at most g / (1 - mu) and is rounded twice in each step, which lives on for
  // 1 / (1 - mu) of them; the parameter is rounded twice. A difference in the parameter comes back
  // by the decay: rate * decay / (1 - mu) of it in each step, less than a tenth in all of them.
  const auto apart = [=](int, double gradient, double parameter) {
    const double g = gradient + decay * parameter, longer = 1.0 / (1.0 - momentum);
    return 1.1 * 2.0 * (rate * 4.0 * g * longer * longer + 2.0 * (parameter + rate * g * longer));
  };
  const auto text = "sgd:weight_decay=0.01,momentum=" + std::to_string(momentum) +
                    (nesterov ? ",nesterov=1" : "");
  check<T>({text, rate}, theirs, apart);
}

/// As tests/optimizer/presets/filtering.cpp, on tensors.
void check_muon(const std::string& name) {
  static const auto all = trajectories::read(PION_TEST_DATA "/trajectories.txt");
  const auto [begin, end] = all.equal_range(name);
  REQUIRE(begin != end);
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const pion::Filter filter{pion::chains::muon()};
  for (auto it = begin; it != end; ++it) {
    const auto& [rows, cols, after] = it->second;
    const auto p = trajectories::problem(rows, cols);
    const auto tensor_of = [](Eigen::MatrixXd m) {
      return torch::from_blob(m.data(), {m.cols(), m.rows()}, torch::kDouble).clone().t();
    };
    const torch::Tensor w = leaf(tensor_of(p.first));
    pion::torch::Optimizer optimizer({w}, {name + ":weight_decay=0.1", rate});
    Eigen::MatrixXd momentum = Eigen::MatrixXd::Zero(rows, cols);
    double tolerance = 0.0;
    for (int t = 1; t <= trajectories::last_step; ++t) {
      const Eigen::MatrixXd& g = p.gradients[static_cast<std::size_t>(t - 1)];
      momentum = 0.95 * momentum + 0.05 * g;
      const Eigen::MatrixXd input = 0.95 * momentum + 0.05 * g, before = matrix_of<double>(w);
      w.mutable_grad() = tensor_of(g);
      optimizer.step();
      const Eigen::MatrixXd now = matrix_of<double>(w);
      const auto longest = static_cast<double>(std::max(rows, cols));
      const double factor =
          name == "muon_torch"
              ? std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(cols)))
              : 0.2 * std::sqrt(longest);
      tolerance += rate * factor * trajectories::apart(filter, input, 8.0 * (10.0 + t) * eps) +
                   8.0 * eps * (now.norm() + (now - before).norm());
      const auto seen = after.find(t);
      if (seen == after.end()) continue;
      INFO(name << " step " << t << " tolerance " << tolerance);
      CHECK((now - seen->second).norm() <= tolerance);
      CHECK(tolerance < 1e-3 * (now - p.first).norm());
    }
  }
}

}  // namespace

TEST_CASE("fifty steps of AdamW are LibTorch's") {
  check_adamw<float>();
  check_adamw<double>();
}

TEST_CASE("fifty steps of SGD are LibTorch's") {
  check_sgd<float>(0.0, false);
  check_sgd<double>(0.875, false);
  check_sgd<float>(0.875, true);
}

TEST_CASE("a hundred steps of Muon are PyTorch's") {
  check_muon("muon_torch");
  check_muon("muon_torch_rms");
}
