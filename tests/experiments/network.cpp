// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <random>

#include "action_head/policy.hpp"
#include "network/losses.hpp"
#include "rlvr/objective.hpp"
#include "rlvr/policy.hpp"
#include "support/catch.hpp"

using pion::network::Index;
using Matrix = pion::network::Matrix<double>;

namespace {

class Normal {
 public:
  explicit Normal(unsigned seed) : engine_(seed) {}
  double operator()() { return distribution_(engine_); }
  Matrix matrix(Index rows, Index cols) {
    return Matrix::NullaryExpr(rows, cols, [this] { return (*this)(); });
  }

 private:
  std::mt19937 engine_;
  std::normal_distribution<double> distribution_;
};

/// The central difference with step h is off by h^2 f'''/6 and by rounding, eps |f| / h: with h^3 =
/// eps, by eps^(2/3) times the sizes of f and its derivatives, for which a factor of 1000 is left.
const double epsilon = std::numeric_limits<double>::epsilon();
const double h = std::cbrt(epsilon);
const double tolerance = 1000.0 * std::pow(epsilon, 2.0 / 3.0);

/// `loss` as a function of how far one goes in a direction, against the derivative there.
template <class F>
void check_derivative(const F& loss, double derivative) {
  const double difference = (loss(h) - loss(-h)) / (2.0 * h);
  CHECK(std::fabs(difference - derivative) <=
        tolerance * (1.0 + std::fabs(loss(0.0)) + std::fabs(derivative)));
}

/// Each parameter in turn in a random direction. loss() runs forward; derivatives are there.
template <class F>
void check_parameters(const pion::network::Parameters<double>& parameters, Normal& normal,
                      const F& loss) {
  for (auto* p : parameters) {
    INFO(p->name);
    const Matrix here = p->value;
    const Matrix direction = normal.matrix(here.rows(), here.cols());
    check_derivative(
        [&](double step) {
          p->value = here + step * direction;
          const double value = loss();
          p->value = here;
          return value;
        },
        p->gradient.cwiseProduct(direction).sum());
  }
}

template <class Forward, class Backward>
void check_layer(const Matrix& x, Normal& normal, const Forward& forward,
                 const Backward& backward) {
  const Matrix dy = normal.matrix(forward(x).rows(), x.cols());
  const Matrix direction = normal.matrix(x.rows(), x.cols());
  check_derivative(
      [&](double step) { return forward(Matrix(x + step * direction)).cwiseProduct(dy).sum(); },
      backward(x, dy).cwiseProduct(direction).sum());
}

}  // namespace

TEST_CASE("layers differentiate as their differences say") {
  namespace net = pion::network;
  for (unsigned seed = 0; seed < 5; ++seed) {
    Normal normal(seed);
    const Matrix x = normal.matrix(4 + seed, 3);
    check_layer(
        x, normal, [](const Matrix& v) { return net::silu(v); },
        [](const Matrix& v, const Matrix& dy) { return net::silu_backward(v, dy); });
    check_layer(
        x, normal, [](const Matrix& v) { return net::rms_norm(v); },
        [](const Matrix& v, const Matrix& dy) { return net::rms_norm_backward(v, dy); });
  }
}

TEST_CASE("losses differentiate as their differences say") {
  Normal normal(1);
  const Matrix x = normal.matrix(7, 5), target = normal.matrix(7, 5), way = normal.matrix(7, 5);
  for (const auto loss : {pion::network::l1_loss<double>, pion::network::squared_loss<double>}) {
    check_derivative([&](double step) { return loss(x + step * way, target).value; },
                     loss(x, target).derivative.cwiseProduct(way).sum());
  }
  const Matrix log_p = pion::network::log_softmax(Matrix(1000.0 * x));
  CHECK((log_p.array().exp().colwise().sum() - 1.0).abs().maxCoeff() < 20.0 * epsilon);
}

TEST_CASE("the action policy differentiates, with and without points on the way") {
  for (const bool flow : {false, true}) {
    Normal normal(2);
    pion::action_head::Policy<double> policy(6, 3, normal);
    pion::action_head::Question<double> q{normal.matrix(64, 4), normal.matrix(3, 4)};
    if (flow) {
      q.points = normal.matrix(pion::action_head::action_size, 4);
      q.times = normal.matrix(1, 4);
    }
    const Matrix weights = normal.matrix(pion::action_head::action_size, 4);
    policy.forward(q);
    pion::network::clear_gradients(policy.parameters());
    policy.backward(q, weights);
    check_parameters(policy.parameters(), normal,
                     [&] { return policy.forward(q).cwiseProduct(weights).sum(); });
  }
}

TEST_CASE("the attention policy differentiates, and sees no later token") {
  Normal normal(3);
  pion::rlvr::Policy<double> policy({5, 6, 8, 12, 2, 2}, normal);
  pion::rlvr::Tokens tokens{6, {0, 1, 2, 3, 4, 0, 4, 4, 3, 2, 1, 1}};
  const Matrix weights = normal.matrix(5, 12);
  const Matrix logits = policy.forward(tokens);
  pion::network::clear_gradients(policy.parameters());
  policy.backward(tokens, weights);
  check_parameters(policy.parameters(), normal,
                   [&] { return policy.forward(tokens).cwiseProduct(weights).sum(); });

  tokens.at(0, 3) = 1;
  const Matrix changed = policy.forward(tokens);
  CHECK(changed.leftCols(3) == logits.leftCols(3));
  CHECK(changed.col(3) != logits.col(3));
  CHECK(changed.rightCols(6) == logits.rightCols(6));  // another sequence
}

TEST_CASE("advantages have mean 0 and deviation 1, or are 0") {
  const Eigen::VectorXd a = pion::rlvr::advantages(Eigen::Vector4d(1.0, 0.0, 0.0, 1.0));
  CHECK(a == Eigen::Vector4d(1.0, -1.0, -1.0, 1.0));
  CHECK(pion::rlvr::advantages(Eigen::Vector3d(1.0, 1.0, 1.0)).isZero());
}

TEST_CASE("GRPO and GMPO differentiate, and stand still where they are clipped") {
  using pion::rlvr::Objective;
  for (const Objective objective : {Objective::grpo, Objective::gmpo}) {
    Normal normal(4);
    for (const double a : {1.5, -0.5}) {
      const Eigen::VectorXd then = -normal.matrix(4, 1).cwiseAbs();
      const Eigen::VectorXd way = normal.matrix(4, 1);
      const Eigen::VectorXd now = then + 0.02 * normal.matrix(4, 1);
      check_derivative(
          [&](double step) { return gain(objective, now + step * way, then, a).value; },
          gain(objective, now, then, a).derivative.dot(way));
      // Good tokens that became likelier by more than the clip, or bad ones less likely.
      const double shift = a > 0.0 ? 0.3 : -0.3;
      CHECK(gain(objective, then.array() + shift, then, a).derivative.isZero());
      CHECK_FALSE(gain(objective, then.array() - shift, then, a).derivative.isZero());
    }
    CHECK(gain(objective, Eigen::Vector2d::Zero(), Eigen::Vector2d::Zero(), 0.0).value == 0.0);
  }
}
