// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parameters and gradients of data/make_trajectories.py, and what it wrote: where published
// optimisers go with them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <pion/filter/filter.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

namespace trajectories {

using Eigen::MatrixXd;
using pion::Index;

constexpr double rate = 0.02;
constexpr int last_step = 100;

/// The script's generator: multiples of 2^-19 in [-1, 1).
struct Numbers {
  std::uint64_t state;

  MatrixXd matrix(Index rows, Index cols) {
    MatrixXd m(rows, cols);
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < cols; ++j) {
        state = 6364136223846793005ULL * state + 1442695040888963407ULL;
        m(i, j) = static_cast<double>(state >> 44) / 524288.0 - 1.0;
      }
    }
    return m;
  }
};

struct Problem {
  MatrixXd first;
  std::vector<MatrixXd> gradients;
};

inline Problem problem(Index rows, Index cols) {
  Numbers numbers{5};
  Problem p{numbers.matrix(rows, cols), {}};
  const auto coarse = [&numbers](Index length) {
    return MatrixXd((8.0 * numbers.matrix(length, 1)).array().floor() / 8.0);
  };
  MatrixXd signal = MatrixXd::Zero(rows, cols);
  for (const double size : {4.0, 2.0}) {
    const MatrixXd u = coarse(rows), v = coarse(cols);
    signal += size * u * v.transpose();
  }
  for (int t = 0; t < last_step; ++t) p.gradients.push_back(signal + numbers.matrix(rows, cols));
  return p;
}

/// The parameter after a step, from the file: by name and shape.
struct Trajectory {
  Index rows = 0, cols = 0;
  std::map<int, MatrixXd> after;
};

inline std::multimap<std::string, Trajectory> read(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  std::multimap<std::string, Trajectory> all;
  std::string name;
  Trajectory t;
  while (in >> name >> t.rows >> t.cols) {
    for (const int step : {1, 10, 100}) {
      MatrixXd w(t.rows, t.cols);
      for (Index i = 0; i < t.rows; ++i) {
        for (Index j = 0; j < t.cols; ++j) in >> w(i, j);
      }
      t.after[step] = w;
    }
    REQUIRE(in);
    all.emplace(name, t);
  }
  return all;
}

/// How far two right computations of a filter may be apart (Frobenius norm) when their inputs
/// differ by `input` in relative size.
inline double apart(const pion::Filter& f, const MatrixXd& x, double input) {
  // No gain's slope exceeds the product of its steps' slopes, on the stretch that they map into.
  double slope = 1.0, top = 1.0;
  for (const pion::OddQuintic& p : f.chain.steps()) {
    slope *= static_cast<double>(reference::steepest(p, top));
    top = std::max(1.21, top);
  }
  const auto rounding =
      reference::expected<double>(f, x.cast<reference::Real>(), pion::Method::dense);
  return 2.0 * static_cast<double>(rounding.tolerance) + slope * input;
}

}  // namespace trajectories
